import { type Bytes, bytesToHex, concatBytes } from '@ninefold/base';
import {
  assembleScript,
  createTaprootOutput,
  encodePush,
  plainInput,
  STANDARD_FLAGS,
  TAPROOT_LEAF_TAPSCRIPT,
  verifyInput,
} from '@ninefold/vm-bitcoin-script';
import {
  assertProgram,
  BLAKE3_PROGRAM,
  blake3Input,
  disproofLeaf,
  disproofWitness,
  keyScript,
  NUMS_KEY,
  type Program,
  programKeys,
  recoverWinternitz,
  runProgram,
  signWinternitz,
  winternitzDigits,
  winternitzPublicKey,
  winternitzScriptSize,
  winternitzWitness,
  writeScript,
  writeWinternitz,
} from '@ninefold/vm-bitvm';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, fromHex, readJson } from './vectors.ts';

const bare = (bytes: Bytes): string => bytesToHex(bytes).slice(2);
const hexList = (list: readonly Bytes[]): string => list.map(bare).join();

type WinternitzVector = {
  readonly message: string;
  readonly secretKey: string;
  readonly publicKey: readonly string[];
  readonly witness: readonly string[];
  readonly signature: readonly string[];
  readonly compact_witness: readonly string[];
};

/** What spending an output of one leaf fails with, by the rules of relaying nodes. */
export function spendLeaf(script: Bytes, items: readonly Bytes[]): string | undefined {
  const output = createTaprootOutput(NUMS_KEY, { script, version: TAPROOT_LEAF_TAPSCRIPT });
  const [leaf] = output?.leaves ?? [];
  if (output === undefined || leaf === undefined) return 'no output';
  const spent = { value: 100_000n, scriptPubKey: keyScript(output.key) };
  const input = plainInput({ txid: new Uint8Array(32).fill(1), vout: 0 });
  const inputs = [{ ...input, witness: [...items, script, leaf.controlBlock] }];
  const outputs = [{ value: 1000n, scriptPubKey: spent.scriptPubKey }];
  return verifyInput({ version: 2, inputs, outputs, locktime: 0 }, [spent], 0, STANDARD_FLAGS);
}

/** A script that checks a signature and the digits it comes to. */
function checkingScript(publicKey: readonly Bytes[], message: Bytes): Bytes {
  const check = writeScript(winternitzScriptSize(message.length), (script) =>
    writeWinternitz(script, publicKey, message.length),
  );
  const digits = winternitzDigits(message)
    .slice(0, 2 * message.length)
    .toReversed();
  const compare = assembleScript(`${digits.map((digit) => `${digit} NUMEQUALVERIFY`).join(' ')} 1`);
  return concatBytes(check, compare);
}

/** Winternitz commitments as BitVM2 makes them, and BLAKE3 cut into chunks. */
export function runWinternitz(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/winternitz');
  readJson<readonly WinternitzVector[]>(folder, 'wots-test-vectors.json.gz').forEach((vector, i) => {
    const message = fromHex(vector.message);
    const secret = fromHex(vector.secretKey);
    const publicKey = winternitzPublicKey(secret, message.length);
    const signature = signWinternitz(secret, message);
    const digits = winternitzDigits(message);
    const witness = winternitzWitness(message, signature);
    cases.equal(`${i} key`, () => hexList(publicKey), vector.publicKey.join());
    cases.equal(`${i} witness`, () => hexList(witness), vector.witness.join());
    cases.equal(`${i} compact`, () => hexList(signature), vector.compact_witness.join());
    cases.equal(
      `${i} signature`,
      () => hexList(signature.map((hash, digit) => Uint8Array.from([...hash, digits[digit] as number]))),
      vector.signature.join(),
    );
    cases.equal(
      `${i} message`,
      () => bare(recoverWinternitz(publicKey, signature, message.length)),
      vector.message,
    );
    const script = checkingScript(publicKey, message);
    cases.equal(`${i} script`, () => spendLeaf(script, witness) ?? 'valid', 'valid');
    cases.check(`${i} other digit`, () => {
      const wrong = witness.slice();
      wrong[1] = encodePush(Uint8Array.of(((digits[0] as number) + 1) & 15)).slice(1);
      return spendLeaf(script, wrong) === undefined ? 'a wrong digit passed' : undefined;
    });
  });
  runBlake3(folder, cases);
  return cases.result();
}

type Blake3Vectors = { readonly cases: readonly { readonly input_len: number; readonly hash: string }[] };

const BLOCK_BYTES = 64;
const DIGEST_DIGITS = 64;

function runBlake3(folder: string, cases: CaseCounter): void {
  const seed = new Uint8Array(32).fill(3);
  const keys = programKeys(BLAKE3_PROGRAM, seed);
  for (const { input_len: length, hash } of readJson<Blake3Vectors>(folder, 'blake3-official.json.gz')
    .cases) {
    if (length > BLOCK_BYTES) continue;
    const input = Uint8Array.from({ length }, (_, i) => i % 251);
    const values = runProgram(BLAKE3_PROGRAM, blake3Input(input));
    cases.equal(`blake3 of ${length}`, () => bare(values['result'] as Bytes), hash.slice(0, DIGEST_DIGITS));
    checkChunks(`blake3 of ${length}`, cases, BLAKE3_PROGRAM, values, seed, keys);
  }
}

/** No chunk of right values can be disproved; each chunk with a wrong output can. */
function checkChunks(
  name: string,
  cases: CaseCounter,
  program: Program,
  values: ReturnType<typeof runProgram>,
  seed: Bytes,
  keys: ReturnType<typeof programKeys>,
): void {
  const right = assertProgram(program, seed, values);
  program.chunks.forEach((chunk, index) => {
    const leaf = disproofLeaf(program, keys, index);
    const items = [...chunk.inputs, chunk.output].flatMap((variable) =>
      winternitzWitness(values[variable] as Bytes, right[variable] as readonly Bytes[]),
    );
    cases.equal(`${name}, ${chunk.name}, right`, () => spendLeaf(leaf, items) ?? 'valid', 'EVAL_FALSE');
    const output = (values[chunk.output] as Bytes).slice();
    output[index] = (output[index] as number) ^ 1;
    const wrong = { ...values, [chunk.output]: output };
    const assertion = assertProgram(program, seed, wrong);
    cases.equal(
      `${name}, ${chunk.name}, wrong`,
      () => spendLeaf(leaf, disproofWitness(program, index, wrong, assertion)) ?? 'valid',
      'valid',
    );
  });
}
