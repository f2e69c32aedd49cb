import { concatBytes, hexToBytes } from '@ninefold/base';
import { CONSENSUS_FLAGS, decodeTransaction, type TxOutput, verifyInput } from '@ninefold/vm-bitcoin-script';
import type { Contestant } from '../rounds.ts';
import { perCpuSecond, readTaprootSpends, type TaprootSpend, type TaprootSpends } from '../taproot-spends.ts';

const LEAST_MS = 500;
const fromHex = (text: string): Uint8Array => hexToBytes(`0x${text}`);

/** Our interpreter: each spend is read from its bytes and verified. */
export async function createContestant(vectors: string): Promise<Contestant> {
  const spends = readTaprootSpends(vectors);
  return {
    name: 'ninefold',
    sample: async (name) => {
      const list = spends[name as keyof TaprootSpends];
      return perCpuSecond(list.length, LEAST_MS, () => list.forEach(verify));
    },
    close: async () => {},
  };
}

function verify({ tx: hex, prevouts, index, scriptSig, witness }: TaprootSpend): void {
  const template = decodeTransaction(fromHex(hex));
  const spent = prevouts.map((prevout) => {
    const wire = concatBytes(Uint8Array.of(1, 0, 0, 0, 0, 1), fromHex(prevout), new Uint8Array(4));
    return decodeTransaction(wire, { witness: false }).outputs[0] as TxOutput;
  });
  const own = { scriptSig: fromHex(scriptSig), witness: witness.map(fromHex) };
  const inputs = template.inputs.map((input, i) => (i === index ? { ...input, ...own } : input));
  const error = verifyInput({ ...template, inputs }, spent, index, CONSENSUS_FLAGS);
  if (error !== undefined) throw new Error(`a valid spend is refused: ${error}`);
}
