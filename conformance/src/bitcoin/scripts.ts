import { type Bytes, bytesToHex, concatBytes } from '@ninefold/base';
import {
  assembleScript,
  checkTransaction,
  createTaprootOutput,
  decodeTransaction,
  fillScriptFlags,
  hexToHash,
  parseScriptFlags,
  SCRIPT_FLAGS,
  ALL_SCRIPT_FLAGS,
  SignatureHasher,
  type Transaction,
  trimScriptFlags,
  txidOf,
  type TxOutput,
  verifyInput,
  verifyInputs,
} from '@ninefold/vm-bitcoin-script';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, fromHex, readJson } from './vectors.ts';

/** What script_tests' witnesses write where the leaf, the control block and the output's key go. */
const SCRIPT_PLACEHOLDER = '#SCRIPT#';
const CONTROL_PLACEHOLDER = '#CONTROLBLOCK#';
const OUTPUT_PLACEHOLDER = '#TAPROOTOUTPUT#';
/** Bitcoin Core's test key for them: the generator's x. */
const TAPROOT_TEST_KEY = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const TAPSCRIPT_LEAF_VERSION = 0xc0;
const SATOSHI_PER_COIN = 1e8;

const NO_HASH: Bytes = new Uint8Array(32);
const EMPTY: Bytes = new Uint8Array(0);

type Witness = readonly (string | number)[];

/** Bitcoin Core's script_tests.json: a script pair with witness and flags, and the name of the failure. */
export function runScriptTests(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/script');
  const vectors = readJson<readonly (readonly unknown[])[]>(folder, 'script_tests.json.gz');
  vectors.forEach((vector, i) => {
    if (vector.length === 1) return;
    const hasWitness = Array.isArray(vector[0]);
    const witness = hasWitness ? (vector[0] as Witness) : [];
    const [sig, pubKey, flags, expected, comment] = vector.slice(hasWitness ? 1 : 0) as string[];
    cases.equal(
      `${i} ${comment ?? ''} ${flags}`,
      () => runPair(witness, sig ?? '', pubKey ?? '', flags ?? ''),
      expected ?? '',
    );
  });
  return cases.result();
}

function runPair(witness: Witness, sigText: string, pubKeyText: string, flagText: string): string {
  const items = witness.slice(0, -1) as readonly string[];
  const value = BigInt(Math.round(((witness[witness.length - 1] ?? 0) as number) * SATOSHI_PER_COIN));
  const leafText = items.find((item) => item.startsWith(SCRIPT_PLACEHOLDER));
  const script = leafText === undefined ? EMPTY : assembleScript(leafText.slice(SCRIPT_PLACEHOLDER.length));
  const taproot = createTaprootOutput(fromHex(TAPROOT_TEST_KEY), { script, version: TAPSCRIPT_LEAF_VERSION });
  const stack = items.map((item) => {
    if (item.startsWith(SCRIPT_PLACEHOLDER)) return script;
    return item === CONTROL_PLACEHOLDER ? (taproot?.leaves[0]?.controlBlock ?? EMPTY) : fromHex(item);
  });
  const outputKey = bytesToHex(taproot?.key ?? EMPTY);
  const scriptPubKey = assembleScript(pubKeyText.replace(OUTPUT_PLACEHOLDER, outputKey));

  const crediting: Transaction = {
    version: 1,
    inputs: [
      {
        prevout: { txid: NO_HASH, vout: 0xffffffff },
        scriptSig: Uint8Array.of(0, 0),
        sequence: 0xffffffff,
        witness: [],
      },
    ],
    outputs: [{ value, scriptPubKey }],
    locktime: 0,
  };
  const spending: Transaction = {
    version: 1,
    inputs: [
      {
        prevout: { txid: txidOf(crediting), vout: 0 },
        scriptSig: assembleScript(sigText),
        sequence: 0xffffffff,
        witness: stack,
      },
    ],
    outputs: [{ value, scriptPubKey: EMPTY }],
    locktime: 0,
  };
  let flags = parseScriptFlags(flagText);
  if ((flags & SCRIPT_FLAGS.CLEANSTACK) !== 0) flags |= SCRIPT_FLAGS.P2SH | SCRIPT_FLAGS.WITNESS;
  return verifyInput(spending, crediting.outputs, 0, flags) ?? 'OK';
}

type SpentOutput = readonly [txid: string, vout: number, script: string, amount?: number];
type TransactionVector = readonly [spent: readonly SpentOutput[], tx: string, flags: string];

function transactionVectors(folder: string, file: string): readonly TransactionVector[] {
  return readJson<readonly (readonly unknown[])[]>(folder, file).filter(
    ({ length }) => length > 1,
  ) as unknown as readonly TransactionVector[];
}

/** The outputs a transaction spends, out of those a vector lists in any order. */
function spentOutputs(tx: Transaction, listed: readonly SpentOutput[]): readonly TxOutput[] {
  const byOutPoint = new Map(
    listed.map(([txid, vout, script, amount]) => [
      `${bytesToHex(hexToHash(txid))}:${vout >>> 0}`,
      { value: BigInt(amount ?? 0), scriptPubKey: assembleScript(script) },
    ]),
  );
  return tx.inputs.map(({ prevout }) => {
    const spent = byOutPoint.get(`${bytesToHex(prevout.txid)}:${prevout.vout}`);
    if (spent === undefined) throw new Error('an input spends an output that is not listed');
    return spent;
  });
}

/** Runs one set of flags over a transaction: what fails first, or `OK`. */
function verifyAll(tx: Transaction, spent: readonly TxOutput[], flags: number): string {
  const failure = verifyInputs(tx, spent, flags);
  return failure === undefined ? 'OK' : `input ${failure.index}: ${failure.error}`;
}

const FLAG_BITS: readonly number[] = Object.values(SCRIPT_FLAGS);

/**
 * Bitcoin Core's tx_valid.json: valid under all flags but the named ones, and still so with any one
 * flag less; with one of the named ones more it is not, for else it would not have been named.
 */
export function runValidTransactions(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/tx-valid');
  transactionVectors(folder, 'tx_valid.json.gz').forEach(([listed, text, flagText], i) => {
    cases.check(`${i} without ${flagText}`, () => {
      const tx = decodeTransaction(fromHex(text));
      const fault = checkTransaction(tx);
      if (fault !== undefined) return fault;
      const spent = spentOutputs(tx, listed);
      const excluded = parseScriptFlags(flagText);
      const flags = trimScriptFlags(ALL_SCRIPT_FLAGS & ~excluded);
      const outcome = verifyAll(tx, spent, flags);
      if (outcome !== 'OK') return outcome;
      for (const bit of FLAG_BITS) {
        const fewer = verifyAll(tx, spent, trimScriptFlags(flags & ~bit));
        if (fewer !== 'OK') return `with fewer flags: ${fewer}`;
        if ((excluded & bit) === 0) continue;
        const more = trimScriptFlags(ALL_SCRIPT_FLAGS & ~(excluded & ~bit));
        if (verifyAll(tx, spent, more) === 'OK') return `flag ${bit} need not be excluded`;
      }
      return undefined;
    });
  });
  return cases.result();
}

/**
 * Bitcoin Core's tx_invalid.json: fails the context-free checks (`BADTX`), or under the named flags,
 * under these and any one more, and not under any one of the named ones less.
 */
export function runInvalidTransactions(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/tx-invalid');
  transactionVectors(folder, 'tx_invalid.json.gz').forEach(([listed, text, flagText], i) => {
    cases.check(`${i} with ${flagText}`, () => {
      const tx = decodeTransaction(fromHex(text));
      const fault = checkTransaction(tx);
      if (flagText === 'BADTX') return fault === undefined ? 'passes the checks' : undefined;
      if (fault !== undefined) return fault;
      const spent = spentOutputs(tx, listed);
      const named = parseScriptFlags(flagText);
      const flags = fillScriptFlags(named);
      if (verifyAll(tx, spent, flags) === 'OK') return 'is valid';
      for (const bit of FLAG_BITS) {
        if (verifyAll(tx, spent, fillScriptFlags(flags | bit)) === 'OK') return `is valid with flag ${bit}`;
        const fewer = trimScriptFlags(flags & ~bit);
        if ((named & bit) !== 0 && verifyAll(tx, spent, fewer) !== 'OK') return `flag ${bit} is not needed`;
      }
      return undefined;
    });
  });
  return cases.result();
}

type SighashVector = readonly [tx: string, script: string, index: number, hashType: number, hash: string];

/** Bitcoin Core's sighash.json: legacy digests of random transactions. */
export function runSighashes(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/sighash');
  const [, ...vectors] = readJson<readonly SighashVector[]>(folder, 'sighash.json.gz');
  vectors.forEach(([text, script, index, hashType, expected], i) => {
    cases.equal(
      String(i),
      () => {
        const hasher = new SignatureHasher(decodeTransaction(fromHex(text)), []);
        return bytesToHex(hasher.legacy(index, fromHex(script), hashType));
      },
      bytesToHex(hexToHash(expected)),
    );
  });
  return cases.result();
}

type AssetSpend = { readonly scriptSig: string; readonly witness: readonly string[] };
type AssetVector = {
  readonly tx: string;
  readonly prevouts: readonly string[];
  readonly index: number;
  readonly flags: string;
  readonly comment: string;
  readonly name: string;
  readonly final?: boolean;
  readonly success?: AssetSpend;
  readonly failure?: AssetSpend;
};

/** Sets of flags that script_assets_test.json stands for: those of soft forks, all consistent ones. */
const ASSET_FLAGS: readonly number[] = (() => {
  const bits = [
    SCRIPT_FLAGS.P2SH,
    SCRIPT_FLAGS.DERSIG,
    SCRIPT_FLAGS.NULLDUMMY,
    SCRIPT_FLAGS.CHECKLOCKTIMEVERIFY,
    SCRIPT_FLAGS.CHECKSEQUENCEVERIFY,
    SCRIPT_FLAGS.WITNESS,
    SCRIPT_FLAGS.TAPROOT,
  ];
  return Array.from({ length: 2 ** bits.length }, (_, set) =>
    bits.reduce((flags, bit, i) => ((set >> i) & 1 ? flags | bit : flags), 0),
  ).filter((flags) => trimScriptFlags(flags) === flags);
})();

/**
 * Bitcoin Core's script_assets_test.json: an input that succeeds under all sets of flags that are part
 * of the named one, or fails under all that contain it (`final`), or under the named one alone.
 */
export function runScriptAssets(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/taproot');
  for (const vector of readJson<readonly AssetVector[]>(folder, 'script_assets_slice.json.gz')) {
    const { name, comment, success, failure, final } = vector;
    const named = parseScriptFlags(vector.flags);
    if (success !== undefined) {
      cases.check(`${name} ${comment} success`, () => {
        const run = prepareAsset(vector, success);
        for (const flags of ASSET_FLAGS) {
          if (!(final ?? false) && (flags & named) !== flags) continue;
          const outcome = run(flags);
          if (outcome !== 'OK') return `${outcome} under ${flags}`;
        }
        return undefined;
      });
    }
    if (failure !== undefined) {
      cases.check(`${name} ${comment} failure`, () => {
        const run = prepareAsset(vector, failure);
        for (const flags of ASSET_FLAGS) {
          if ((flags & named) !== named) continue;
          if (run(flags) === 'OK') return `is valid under ${flags}`;
        }
        return undefined;
      });
    }
  }
  return cases.result();
}

function prepareAsset(
  { tx: text, prevouts, index }: AssetVector,
  spend: AssetSpend,
): (flags: number) => string {
  const template = decodeTransaction(fromHex(text));
  const spent = prevouts.map((prevout) => {
    // An output on the wire; borrowed from a transaction that has no more than it.
    const wire = concatBytes(Uint8Array.of(1, 0, 0, 0, 0, 1), fromHex(prevout), new Uint8Array(4));
    return decodeTransaction(wire, { witness: false }).outputs[0] as TxOutput;
  });
  const inputs = template.inputs.map((input, i) =>
    i === index
      ? { ...input, scriptSig: fromHex(spend.scriptSig), witness: spend.witness.map(fromHex) }
      : input,
  );
  const tx = { ...template, inputs };
  return (flags) => verifyInput(tx, spent, index, flags) ?? 'OK';
}
