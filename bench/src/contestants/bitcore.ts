import { CONSENSUS_FLAGS } from '@ninefold/vm-bitcoin-script';
import bitcore from 'bitcore-lib';
import type { Contestant } from '../rounds.ts';
import { perCpuSecond, readTaprootSpends, type TaprootSpend, type TaprootSpends } from '../taproot-spends.ts';

const LEAST_MS = 500;

/** bitcore-lib, whose flags are the same bits: each spend is read from its bytes and verified. */
export async function createContestant(vectors: string): Promise<Contestant> {
  const spends = readTaprootSpends(vectors);
  return {
    name: 'bitcore-lib',
    sample: async (name) => {
      const list = spends[name as keyof TaprootSpends];
      return perCpuSecond(list.length, LEAST_MS, () => list.forEach(verify));
    },
    close: async () => {},
  };
}

function verify({ tx: hex, prevouts, index, scriptSig, witness }: TaprootSpend): void {
  const tx = new bitcore.Transaction(hex);
  const outputs = prevouts.map((prevout) =>
    bitcore.Transaction.Output.fromBufferReader(
      new bitcore.encoding.BufferReader(Buffer.from(prevout, 'hex')),
    ),
  );
  outputs.forEach((output, i) => {
    const input = tx.inputs[i];
    if (input !== undefined) input.output = output;
  });
  const own = outputs[index];
  const valid =
    own !== undefined &&
    new bitcore.Script.Interpreter().verify(
      new bitcore.Script(Buffer.from(scriptSig, 'hex')),
      own.script,
      tx,
      index,
      CONSENSUS_FLAGS,
      witness.map((item) => Buffer.from(item, 'hex')),
      own.satoshis,
    );
  if (!valid) throw new Error('a valid spend is refused');
}
