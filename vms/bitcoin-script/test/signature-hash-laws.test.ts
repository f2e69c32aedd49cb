import { type Bytes, bytesToHex, seededRng } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NO_CODE_SEPARATOR,
  SIGHASH_ALL,
  SIGHASH_ANYONECANPAY,
  SIGHASH_DEFAULT,
  SIGHASH_NONE,
  SIGHASH_SINGLE,
  SignatureHasher,
} from '../src/engine/signature-hash.ts';
import {
  decodeTransaction,
  encodeTransaction,
  strippedSize,
  totalSize,
  type Transaction,
  txidOf,
  type TxInput,
  type TxOutput,
  virtualSize,
  weightOf,
  witnessSize,
  wtxidOf,
} from '../src/tx/transaction.ts';

type Spend = { readonly tx: Transaction; readonly spent: readonly TxOutput[] };

function randomSpend(seed: number, inputs: number, outputs: number): Spend {
  const rng = seededRng(seed);
  const output = (): TxOutput => ({
    value: BigInt(rng.u32()),
    scriptPubKey: rng.bytes(1 + rng.below(40)),
  });
  return {
    tx: {
      version: rng.u32(),
      inputs: Array.from({ length: inputs }, () => ({
        prevout: { txid: rng.bytes(32), vout: rng.below(9) },
        scriptSig: rng.bytes(rng.below(20)),
        sequence: rng.u32(),
        witness: Array.from({ length: rng.below(3) }, () => rng.bytes(rng.below(300))),
      })),
      outputs: Array.from({ length: outputs }, output),
      locktime: rng.u32(),
    },
    spent: Array.from({ length: inputs }, output),
  };
}

const INDEX = 1;
const OTHERS = [0, 2] as const;

const withInput = ({ tx, spent }: Spend, at: number, change: (input: TxInput) => TxInput): Spend => ({
  tx: { ...tx, inputs: tx.inputs.map((input, i) => (i === at ? change(input) : input)) },
  spent,
});
const withOutput = ({ tx, spent }: Spend, at: number, change: (output: TxOutput) => TxOutput): Spend => ({
  tx: { ...tx, outputs: tx.outputs.map((output, i) => (i === at ? change(output) : output)) },
  spent,
});
const withSpent = ({ tx, spent }: Spend, at: number, change: (output: TxOutput) => TxOutput): Spend => ({
  tx,
  spent: spent.map((output, i) => (i === at ? change(output) : output)),
});
const dearer = (output: TxOutput): TxOutput => ({ ...output, value: output.value + 1n });
const rescripted = (output: TxOutput): TxOutput => ({ ...output, scriptPubKey: Uint8Array.of(7, 7) });
const moved = (input: TxInput): TxInput => ({
  ...input,
  prevout: { ...input.prevout, vout: input.prevout.vout ^ 1 },
});
const resequenced = (input: TxInput): TxInput => ({ ...input, sequence: input.sequence ^ 1 });

/** What a hash type covers. */
type Cover = { readonly acp: boolean; readonly base: 'all' | 'none' | 'single' };
type Generation = 'legacy' | 'witness-v0' | 'taproot';
type Change = {
  readonly name: string;
  readonly change: (spend: Spend, other: number) => Spend;
  /** Whether a signature is void after it. */
  readonly voids: (cover: Cover, generation: Generation) => boolean;
};

const always = (): boolean => true;
const never = (): boolean => false;
const unlessAnyoneCanPay = ({ acp }: Cover): boolean => !acp;

/** BIP 143, BIP 341, and the rules of 2009. */
const CHANGES: readonly Change[] = [
  {
    name: 'version',
    change: ({ tx, spent }) => ({ tx: { ...tx, version: tx.version ^ 1 }, spent }),
    voids: always,
  },
  {
    name: 'lock time',
    change: ({ tx, spent }) => ({ tx: { ...tx, locktime: tx.locktime ^ 1 }, spent }),
    voids: always,
  },
  { name: 'own outpoint', change: (spend) => withInput(spend, INDEX, moved), voids: always },
  { name: 'own sequence', change: (spend) => withInput(spend, INDEX, resequenced), voids: always },
  {
    name: "another's outpoint",
    change: (spend, at) => withInput(spend, at, moved),
    voids: unlessAnyoneCanPay,
  },
  {
    name: "another's sequence",
    change: (spend, at) => withInput(spend, at, resequenced),
    voids: ({ acp, base }, generation) => !acp && (generation === 'taproot' || base === 'all'),
  },
  {
    name: 'one input more',
    change: ({ tx, spent }) => ({
      tx: { ...tx, inputs: [...tx.inputs, tx.inputs[0]!] },
      spent: [...spent, spent[0]!],
    }),
    voids: unlessAnyoneCanPay,
  },
  {
    name: 'own output',
    change: (spend) => withOutput(spend, INDEX, dearer),
    voids: ({ base }) => base !== 'none',
  },
  {
    name: 'own output script',
    change: (spend) => withOutput(spend, INDEX, rescripted),
    voids: ({ base }) => base !== 'none',
  },
  {
    name: 'another output',
    change: (spend, at) => withOutput(spend, at, dearer),
    voids: ({ base }) => base === 'all',
  },
  {
    name: 'one output more',
    change: ({ tx, spent }) => ({ tx: { ...tx, outputs: [...tx.outputs, tx.outputs[0]!] }, spent }),
    voids: ({ base }) => base === 'all',
  },
  {
    name: 'own amount',
    change: (spend) => withSpent(spend, INDEX, dearer),
    voids: (_, generation) => generation !== 'legacy',
  },
  {
    name: "another's amount",
    change: (spend, at) => withSpent(spend, at, dearer),
    voids: ({ acp }, generation) => generation === 'taproot' && !acp,
  },
  {
    name: 'own spent script',
    change: (spend) => withSpent(spend, INDEX, rescripted),
    voids: (_, generation) => generation === 'taproot',
  },
  {
    name: "another's spent script",
    change: (spend, at) => withSpent(spend, at, rescripted),
    voids: ({ acp }, generation) => generation === 'taproot' && !acp,
  },
  {
    name: 'scriptSigs',
    change: (spend, at) => withInput(withInput(spend, INDEX, blankScript), at, blankScript),
    voids: never,
  },
  {
    name: 'witnesses',
    change: (spend, at) => withInput(withInput(spend, INDEX, otherWitness), at, otherWitness),
    voids: never,
  },
];

function blankScript(input: TxInput): TxInput {
  return { ...input, scriptSig: Uint8Array.of(input.scriptSig.length) };
}

function otherWitness(input: TxInput): TxInput {
  return { ...input, witness: [...input.witness, Uint8Array.of(1)] };
}

const SCRIPT_CODE = Uint8Array.of(0x76, 0xac);
const digest = (
  { tx, spent }: Spend,
  generation: Generation,
  type: number,
  code: Bytes = SCRIPT_CODE,
): string => {
  const hasher = new SignatureHasher(tx, spent);
  const hash =
    generation === 'legacy'
      ? hasher.legacy(INDEX, code, type)
      : generation === 'witness-v0'
        ? hasher.witnessV0(INDEX, code, type)
        : hasher.taproot(INDEX, type, undefined, undefined);
  return bytesToHex(hash!);
};

const BASES = { all: SIGHASH_ALL, none: SIGHASH_NONE, single: SIGHASH_SINGLE } as const;
const TYPES = (['all', 'none', 'single'] as const).flatMap((base) => [
  { base, acp: false, type: BASES[base] },
  { base, acp: true, type: BASES[base] | SIGHASH_ANYONECANPAY },
]);

describe.each(['legacy', 'witness-v0', 'taproot'] as const)(
  'a signature by the rules of %s',
  (generation) => {
    it('is void after exactly the changes that its hash type covers', () => {
      fc.assert(
        fc.property(
          fc.nat(),
          fc.constantFrom(...OTHERS),
          fc.integer({ min: 3, max: 5 }),
          (seed, other, count) => {
            const spend = randomSpend(seed, count, count);
            for (const cover of TYPES) {
              const before = digest(spend, generation, cover.type);
              for (const { name, change, voids } of CHANGES) {
                const changed = digest(change(spend, other), generation, cover.type) !== before;
                expect(changed, `${name}, ${cover.base}, anyone can pay: ${cover.acp}`).toBe(
                  voids(cover, generation),
                );
              }
            }
          },
        ),
        { numRuns: 12 },
      );
    });

    it('is of one hash type', () => {
      const spend = randomSpend(5, 3, 3);
      const types = [
        ...TYPES.map(({ type }) => type),
        ...(generation === 'taproot' ? [SIGHASH_DEFAULT] : []),
      ];
      expect(new Set(types.map((type) => digest(spend, generation, type))).size).toBe(types.length);
    });
  },
);

describe('what is signed besides', () => {
  it('is the script, before Taproot', () => {
    const spend = randomSpend(6, 3, 3);
    for (const generation of ['legacy', 'witness-v0'] as const) {
      for (const { type } of TYPES) {
        const other = digest(spend, generation, type, Uint8Array.of(0x76, 0xad));
        expect(digest(spend, generation, type)).not.toBe(other);
      }
    }
  });

  it('is annex, leaf and position, since', () => {
    const { tx, spent } = randomSpend(7, 3, 3);
    const hasher = new SignatureHasher(tx, spent);
    const [a, b] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
    const leaf = (leafHash: Bytes, codeSeparatorPosition: number): object => ({
      leafHash,
      codeSeparatorPosition,
    });
    const variants = [undefined, a, b].flatMap((annex) =>
      [undefined, leaf(a, NO_CODE_SEPARATOR), leaf(b, NO_CODE_SEPARATOR), leaf(a, 0), leaf(a, 1)].map(
        (extension) => hasher.taproot(INDEX, SIGHASH_ALL, annex, extension as never),
      ),
    );
    expect(new Set(variants.map((hash) => bytesToHex(hash!))).size).toBe(variants.length);
  });

  it('is nothing of an output that is not there: the number 1, zero, or no signature at all', () => {
    const { tx, spent } = randomSpend(8, 3, 1);
    const hasher = new SignatureHasher(tx, spent);
    for (const type of [SIGHASH_SINGLE, SIGHASH_SINGLE | SIGHASH_ANYONECANPAY]) {
      expect([...hasher.legacy(INDEX, SCRIPT_CODE, type)]).toEqual([1, ...new Array<number>(31).fill(0)]);
      expect(hasher.taproot(INDEX, type, undefined, undefined)).toBeUndefined();
      expect(hasher.witnessV0(INDEX, SCRIPT_CODE, type)).toHaveLength(32);
    }
  });

  it('is undefined for other hash types since Taproot alone', () => {
    const { tx, spent } = randomSpend(9, 2, 2);
    const hasher = new SignatureHasher(tx, spent);
    const defined = [0, 1, 2, 3, 0x81, 0x82, 0x83];
    for (let type = 0; type < 256; type++) {
      expect(hasher.taproot(INDEX, type, undefined, undefined) !== undefined).toBe(defined.includes(type));
      expect(hasher.legacy(INDEX, SCRIPT_CODE, type)).toHaveLength(32);
    }
  });

  it('is the same whether it was asked for before or not', () => {
    const spend = randomSpend(10, 4, 4);
    const shared = new SignatureHasher(spend.tx, spend.spent);
    for (let round = 0; round < 2; round++) {
      for (const { type } of TYPES) {
        expect(bytesToHex(shared.witnessV0(INDEX, SCRIPT_CODE, type))).toBe(
          digest(spend, 'witness-v0', type),
        );
        expect(bytesToHex(shared.taproot(INDEX, type, undefined, undefined)!)).toBe(
          digest(spend, 'taproot', type),
        );
        expect(bytesToHex(shared.legacy(INDEX, SCRIPT_CODE, type))).toBe(digest(spend, 'legacy', type));
      }
    }
  });
});

describe('a transaction', () => {
  it('has sizes that are those of its bytes, and names that witnesses change or not', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 300 }), fc.nat(300), (seed, inputs, outputs) => {
        const { tx } = randomSpend(seed, inputs, outputs);
        const [whole, bare] = [encodeTransaction(tx), encodeTransaction(tx, { witness: false })];
        expect([totalSize(tx), strippedSize(tx)]).toEqual([whole.length, bare.length]);
        expect(weightOf(tx)).toBe(3 * bare.length + whole.length);
        expect(virtualSize(tx)).toBe(Math.ceil((3 * bare.length + whole.length) / 4));
        expect(decodeTransaction(whole)).toEqual(tx);
        const other = { ...tx, inputs: tx.inputs.map((input, i) => (i === 0 ? otherWitness(input) : input)) };
        expect(txidOf(other)).toEqual(txidOf(tx));
        expect(wtxidOf(other)).not.toEqual(wtxidOf(tx));
        expect(witnessSize(other.inputs[0]!.witness)).toBe(witnessSize(tx.inputs[0]!.witness) + 2);
      }),
      { numRuns: 15 },
    );
  });

  it('is read from its bytes alone: any cut or damage is told, or is another transaction', () => {
    const { tx } = randomSpend(11, 2, 2);
    const bytes = encodeTransaction(tx);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = bytes.slice();
        damaged[at]! ^= flip;
        let read: Transaction | undefined;
        try {
          read = decodeTransaction(damaged);
        } catch (error) {
          expect((error as { readonly code: string }).code).toMatch(/^(WIRE|COMPACT_SIZE|TX)_/);
        }
        if (read !== undefined) {
          expect(encodeTransaction(read)).toEqual(damaged);
          expect(read).not.toEqual(tx);
        }
        expect(() => decodeTransaction(bytes.subarray(0, at))).toThrow();
      }),
      { numRuns: 300 },
    );
  });
});
