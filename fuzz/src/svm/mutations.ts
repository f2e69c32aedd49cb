import { isNinefoldError, type Rng, seededRng } from '@ninefold/base';
import {
  createTransaction,
  decodeTransaction,
  encodeTransaction,
  type Message,
  type SolanaSvm,
} from '@ninefold/chain-solana';
import { toBase58 } from '@ninefold/vm-svm';
import { randomProgram } from './code.ts';
import { openOurs } from './ours.ts';
import { randomScene } from './scene.ts';

export type MutationReport = {
  readonly inputs: number;
  /** Inputs that were refused as bytes, with a code. */
  readonly refused: number;
  readonly executed: number;
  /** Seeds of inputs that ended in anything else than a result or a typed error. */
  readonly findings: readonly { readonly seed: number; readonly problem: string }[];
};

/** Bytes with some of them changed, cut out, put in or taken from elsewhere. */
function mutate(rng: Rng, bytes: Uint8Array): Uint8Array {
  let mutated = bytes.slice();
  for (let times = 1 + rng.below(4); times > 0; times--) {
    const at = rng.below(mutated.length + 1);
    switch (rng.below(4)) {
      case 0:
        if (at < mutated.length) mutated[at] = (mutated[at] as number) ^ (1 << rng.below(8));
        break;
      case 1:
        if (at < mutated.length) mutated[at] = rng.pick([0, 1, 0x7f, 0x80, 0x81, 0xff]);
        break;
      case 2:
        mutated = mutated.slice(0, at);
        break;
      default:
        mutated = Uint8Array.from([
          ...mutated.subarray(0, at),
          ...rng.bytes(rng.below(5)),
          ...mutated.subarray(at),
        ]);
    }
  }
  return mutated;
}

/** The same message in another format. */
function reformat(rng: Rng, wire: Uint8Array): Uint8Array {
  const { message } = decodeTransaction(wire);
  const { header, keys, blockhash, instructions } = message;
  const body = { header, keys, blockhash, instructions };
  const lookups = [{ table: rng.bytes(32), writable: Uint8Array.of(0), readonly: Uint8Array.of(1) }];
  const config = { unitLimit: 100_000, loadedDataLimit: 10_000_000, priorityFee: 5n };
  const other: Message = rng.pick<Message>([
    message,
    { version: 0, ...body, lookups: rng.pick([[], lookups]) },
    { version: 1, ...body, config },
  ]);
  const signatures = Array.from({ length: header.signatures }, () => rng.bytes(64));
  return encodeTransaction(createTransaction(other, signatures));
}

function attempt(action: () => unknown): string {
  try {
    action();
    return 'executed';
  } catch (error) {
    if (isNinefoldError(error)) return 'refused';
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** One mutated transaction or program file against `base`. */
function tryOne(base: SolanaSvm, blockhash: Uint8Array, seed: number): string {
  const rng = seededRng(seed);
  const scene = randomScene(rng, seed, blockhash);
  const svm = base.fork();
  for (const { address, lamports, owner, data } of scene.accounts)
    svm.setAccount(address, { lamports, owner, data, isExecutable: false, rentEpoch: 0n });
  const isFile = rng.below(3) === 0;
  const file = isFile ? mutate(rng, randomProgram(rng)) : scene.program.file;
  svm.addProgram(toBase58(scene.program.address), file);
  const wire = reformat(rng, rng.pick(scene.transactions));
  return attempt(() => svm.sendTransaction(isFile ? wire : mutate(rng, wire)));
}

/**
 * Mutated transactions of all formats and mutated program files: each gives a result or a typed
 * error.
 */
export async function runMutations(options: {
  readonly firstSeed: number;
  readonly goOn: (inputs: number) => boolean;
  readonly onFinding: (finding: MutationReport['findings'][number]) => void;
}): Promise<MutationReport> {
  const blockhash = new Uint8Array(32).fill(9);
  const base = await openOurs(toBase58(blockhash));
  const counts = { refused: 0, executed: 0 };
  const findings: { seed: number; problem: string }[] = [];
  let inputs = 0;
  for (; options.goOn(inputs); inputs++) {
    const seed = options.firstSeed + inputs;
    const outcome = tryOne(base, blockhash, seed);
    if (outcome === 'executed' || outcome === 'refused') {
      counts[outcome]++;
      continue;
    }
    const finding = { seed, problem: outcome };
    findings.push(finding);
    options.onFinding(finding);
  }
  return { inputs, ...counts, findings };
}
