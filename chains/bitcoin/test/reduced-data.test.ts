import {
  assembleScript,
  createTaprootOutput,
  SCRIPT_FLAGS,
  type Transaction,
  type TxInput,
} from '@ninefold/vm-bitcoin-script';
import { concatBytes } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { isReject } from '../src/pool/accept.ts';
import { regtestParams } from '../src/spec/params.ts';
import { KEY, nodeScene, outputOf, P2A, P2TR, spend, type Spendable } from './support.ts';

const TRUE = assembleScript('1');
const NUMS = KEY;

/** An output of a tree with one leaf, and how the leaf is spent. */
function leaf(text: string, depth = 0) {
  const script = assembleScript(text);
  const filler = Array.from({ length: depth }, (_, i) => ({
    script: assembleScript(`RETURN <${'00'.repeat(i + 1)}>`),
    version: 0xc0,
  }));
  let tree: Parameters<typeof createTaprootOutput>[1] = { script, version: 0xc0 };
  for (const other of filler) tree = [tree, other];
  const output = createTaprootOutput(NUMS, tree)!;
  const { controlBlock } = output.leaves.find((one) => one.script === script)!;
  return { scriptPubKey: concatBytes(Uint8Array.of(0x51, 0x20), output.key), script, controlBlock };
}

/** A transaction that spends an output with a witness. */
function withWitness(from: Spendable, witness: readonly Uint8Array[]): Transaction {
  const tx = spend([from], { fee: 5000n });
  return { ...tx, inputs: tx.inputs.map((input): TxInput => ({ ...input, witness })) };
}

/** A node whose blocks keep BIP 110 from a height on, and a coin of a script. */
function reducedScene(scriptPubKey: Uint8Array, from: number) {
  const params = { ...regtestParams(), reducedDataHeight: from };
  const { node, coinbase } = nodeScene({ params });
  const funding = spend([coinbase(1)], { extra: [{ value: 100_000n, scriptPubKey }] });
  node.generateBlock(P2TR, [funding]);
  return { node, coin: outputOf(funding, 1) };
}

const faultOf = (node: ReturnType<typeof nodeScene>['node'], tx: Transaction): string | undefined =>
  node.chain.testNext(node.makeBlock(P2TR, [tx], 5000n));

describe('BIP 110 as a rule of blocks', () => {
  it('refuses long outputs, but not 83 bytes of data', () => {
    const { node, coinbase } = nodeScene({ params: { ...regtestParams(), reducedDataHeight: 111 } });
    const making = (scriptPubKey: Uint8Array) =>
      spend([coinbase(1)], { fee: 5000n, extra: [{ value: 0n, scriptPubKey }] });
    expect(faultOf(node, making(new Uint8Array(34).fill(0x51)))).toBeUndefined();
    expect(faultOf(node, making(new Uint8Array(35).fill(0x51)))).toBe('bad-txns-vout-script-toolarge');
    expect(faultOf(node, making(assembleScript(`RETURN 0x4c50${'00'.repeat(80)}`)))).toBeUndefined();
    expect(faultOf(node, making(assembleScript(`RETURN 0x4c51${'00'.repeat(81)}`)))).toBe(
      'bad-txns-vout-script-toolarge',
    );
  });

  it('refuses OP_IF in tapscripts, deep trees, undefined opcodes and long arguments', () => {
    const cases: readonly (readonly [string, number, readonly Uint8Array[], string | undefined])[] = [
      ['1', 0, [], undefined],
      ['1 IF 1 ENDIF', 0, [], 'OP_IF/NOTIF argument must be minimal in tapscript'],
      ['0 IF ENDIF 1', 0, [], 'OP_IF/NOTIF argument must be minimal in tapscript'],
      ['0x50', 0, [], 'OP_SUCCESSx reserved for soft-fork upgrades'],
      ['1', 7, [], undefined],
      ['1', 8, [], 'Invalid Taproot control block size'],
      ['DROP 1', 0, [new Uint8Array(256)], undefined],
      ['DROP 1', 0, [new Uint8Array(257)], 'Push value size limit exceeded'],
      [`<${'00'.repeat(256)}> DROP 1`, 0, [], undefined],
      [`<${'00'.repeat(257)}> DROP 1`, 0, [], 'Push value size limit exceeded'],
    ];
    for (const [text, depth, args, error] of cases) {
      const { scriptPubKey, script, controlBlock } = leaf(text, depth);
      const { node, coin } = reducedScene(scriptPubKey, 1);
      const tx = withWitness(coin, [...args, script, controlBlock]);
      expect(faultOf(node, tx), text).toBe(error && `block-script-verify-flag-failed (${error})`);
      // Coins from before the rules are spent as before.
      const older = reducedScene(scriptPubKey, 112);
      expect(
        faultOf(older.node, withWitness(older.coin, [...args, script, controlBlock])),
        text,
      ).toBeUndefined();
    }
  });

  it('refuses an annex, undefined programs and witnesses for anchors', () => {
    const { scriptPubKey, script, controlBlock } = leaf('1');
    const first = reducedScene(scriptPubKey, 1);
    const annexed = withWitness(first.coin, [script, controlBlock, Uint8Array.of(0x50)]);
    expect(faultOf(first.node, annexed)).toBe(
      'block-script-verify-flag-failed (Push value size limit exceeded)',
    );
    const reserved = 'block-script-verify-flag-failed (Witness version reserved for soft-fork upgrades)';
    const second = reducedScene(assembleScript('2 <0011>'), 1);
    expect(faultOf(second.node, withWitness(second.coin, []))).toBe(reserved);
    const third = reducedScene(P2A, 1);
    expect(faultOf(third.node, withWitness(third.coin, []))).toBeUndefined();
    expect(faultOf(third.node, withWitness(third.coin, [Uint8Array.of(1)]))).toBe(reserved);
  });
});

describe('BIP 110 as policy', () => {
  it('keeps out of the mempool what blocks may hold', () => {
    const { scriptPubKey, script, controlBlock } = leaf('1 IF 1 ENDIF');
    const { node, coinbase } = nodeScene({ policy: { reducedData: true } });
    const funding = node.send(spend([coinbase(1)], { extra: [{ value: 100_000n, scriptPubKey }] }));
    const tx = withWitness(outputOf(funding, 1), [script, controlBlock]);
    const result = node.accept(tx);
    expect(isReject(result) && result.reason).toMatch(/^mempool-script-verify-flag-failed \(OP_IF/);
    node.generate(1, P2TR);
    expect(node.generateBlock(P2TR, [tx])).toBe(node.chain.tip.hash);
    const large = spend([coinbase(2)], {
      extra: [{ value: 1000n, scriptPubKey: assembleScript(`0 <${'00'.repeat(32)}>`) }],
    });
    expect(isReject(node.accept(large))).toBe(false);
    expect(SCRIPT_FLAGS.REDUCED_DATA).toBeGreaterThan(0);
    expect(TRUE).toHaveLength(1);
  });
});
