import { base64ToBytes, type Bytes, bytesToHex } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { createRiscvProver, decodeReceipt, encodeReceipt, verifyReceipt } from '@ninefold/vm-riscv';
import { createNode } from 'ninefold';
import { runStateRecord } from '../evm/state.ts';
import type { StateRecord } from '../evm/state-record.ts';

export { fetchFiles, runSvmSuites, runTiers } from './svm.ts';

/** Name of a case -> what is wrong with it, empty when nothing is. */
export type CaseResults = Readonly<Record<string, string>>;

/** Runs state tests with `createEvm`, in whatever JavaScript this is loaded into. */
export function runRecords(lines: readonly string[]): CaseResults {
  const results: Record<string, string> = {};
  for (const line of lines) {
    runStateRecord(JSON.parse(line) as StateRecord, {
      check: (name, check) => {
        results[name] = outcomeOf(check);
      },
    });
  }
  return results;
}

function outcomeOf(check: () => string | undefined): string {
  try {
    return check() ?? '';
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

/** In a page: the records behind a URL. */
export async function fetchAndRun(url: string): Promise<CaseResults> {
  const response = await fetch(url);
  const text = await response.text();
  return runRecords(text.trimEnd().split('\n'));
}

/** PUSH1 1 PUSH1 0 SSTORE, LOG0 of nothing, and a contract that stays empty. */
const INIT_CODE = '0x600160005560006000a000';

/** A whole node, with a clock that stands still: the hash of its second block says it all. */
export async function runNode(): Promise<string> {
  const node = await createNode({ clock: { now: () => 1_700_000_000_000 } });
  const { request, accounts } = node.ethereum;
  const from = accounts[0]?.address;
  await request({ method: 'eth_sendTransaction', params: [{ from, data: INIT_CODE, gas: '0x186a0' }] });
  await request({
    method: 'eth_sendTransaction',
    params: [{ from, to: accounts[1]?.address, value: '0x1' }],
  });
  const block = (await request({ method: 'eth_getBlockByNumber', params: ['latest', false] })) as {
    readonly number: string;
    readonly hash: string;
  };
  await node.close();
  return `${block.number} ${block.hash}`;
}

/** A guest of OpenVM and what it reads. */
export type ProvedGuest = { readonly elf: Bytes; readonly input: Bytes };

/**
 * Proves a guest's run with 100 bits and verifies what was written of it: what the receipt says, and its
 * digest. Proofs are deterministic, so it has to be the same everywhere.
 */
export function proveGuest({ elf, input }: ProvedGuest): string {
  const prover = createRiscvProver({ elf, guest: 'openvm' });
  const bytes = encodeReceipt(prover.prove({ input }).receipt);
  const { programId } = prover;
  const { exitCode, journal, security } = verifyReceipt(decodeReceipt(bytes), { programId });
  const bits = security.provenBits.toFixed(1);
  return `exit code ${exitCode}, journal ${bytesToHex(journal)}, ${bits} bits proven, receipt ${bytesToHex(sha256(bytes))}`;
}

/** In a page: the guest whose file is in base64 behind a URL. */
export async function fetchAndProve(elfUrl: string, inputUrl: string): Promise<string> {
  const read = async (url: string): Promise<Bytes> => base64ToBytes(await (await fetch(url)).text());
  return proveGuest({ elf: await read(elfUrl), input: await read(inputUrl) });
}
