import { concatBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { describe, expect, it } from 'vitest';
import { encodePush } from '../src/code/script.ts';
import { countLegacySigops, countSigops, sigopCost } from '../src/code/sigops.ts';
import { hash160 } from '../src/engine/hash-operations.ts';
import { CONSENSUS_FLAGS } from '../src/spec/flags.ts';
import { NULL_VOUT, type Transaction } from '../src/tx/transaction.ts';
import { EMPTY, script, spending } from './support/spend.ts';

const multisig = script('1 <02> <03> 2 CHECKMULTISIG');
const p2sh = (redeem: Uint8Array) =>
  concatBytes(script('HASH160'), encodePush(hash160(redeem)), script('EQUAL'));
const p2wsh = (inner: Uint8Array) => concatBytes(script('0'), encodePush(sha256(inner)));
const p2wpkh = concatBytes(script('0'), encodePush(new Uint8Array(20)));

describe('countSigops', () => {
  it('counts checks, and multisigs by their keys only when asked and known', () => {
    expect(countSigops(script('CHECKSIG CHECKSIGVERIFY CHECKSIGADD'), false)).toBe(2);
    expect(countSigops(multisig, false)).toBe(20);
    expect(countSigops(multisig, true)).toBe(2);
    expect(countSigops(script('CHECKMULTISIGVERIFY'), true)).toBe(20);
    expect(countSigops(script('0 CHECKMULTISIG'), true)).toBe(20);
    expect(countSigops(script('16 NOP CHECKMULTISIG'), true)).toBe(20);
  });

  it('does not look into data, nor behind a push that is cut off', () => {
    expect(countSigops(script('<acac> CHECKSIG'), false)).toBe(1);
    expect(countSigops(script('CHECKSIG 0x05ac CHECKSIG'), false)).toBe(1);
  });
});

describe('sigopCost', () => {
  const cost = (
    scriptPubKey: Uint8Array,
    scriptSig = EMPTY,
    witness: readonly Uint8Array[] = [],
    flags = CONSENSUS_FLAGS,
  ) => {
    const { tx, spent } = spending({ scriptPubKey, scriptSig, witness });
    return sigopCost(tx, spent, flags);
  };

  it('legacy: four each, of the transaction’s own scripts', () => {
    expect(cost(script('CHECKSIG'), script('CHECKSIG'))).toBe(4);
    const { tx } = spending({ scriptPubKey: EMPTY });
    const paying: Transaction = { ...tx, outputs: [{ value: 0n, scriptPubKey: multisig }] };
    expect(countLegacySigops(paying)).toBe(20);
  });

  it('P2SH: by keys, four each; none when the scriptSig does more than push', () => {
    expect(cost(p2sh(multisig), encodePush(multisig))).toBe(8);
    expect(cost(p2sh(multisig), encodePush(multisig), [], 0)).toBe(0);
    expect(cost(p2sh(multisig), concatBytes(script('NOP'), encodePush(multisig)))).toBe(0);
  });

  it('witness v0: one each; nested the same; Taproot none', () => {
    expect(cost(p2wpkh)).toBe(1);
    expect(cost(p2wsh(multisig), EMPTY, [EMPTY, multisig])).toBe(2);
    expect(cost(p2wsh(multisig), EMPTY, [])).toBe(0);
    expect(cost(p2sh(p2wpkh), encodePush(p2wpkh))).toBe(1);
    expect(cost(p2sh(p2wsh(multisig)), encodePush(p2wsh(multisig)), [multisig])).toBe(2);
    expect(cost(script(`1 <${'00'.repeat(32)}>`), EMPTY, [script('CHECKSIG')])).toBe(0);
    expect(cost(p2sh(script('NOP')), script('NOP'))).toBe(0);
  });

  it('a coinbase spends nothing', () => {
    const { tx } = spending({ scriptPubKey: EMPTY });
    const coinbase: Transaction = {
      ...tx,
      inputs: [
        {
          prevout: { txid: new Uint8Array(32), vout: NULL_VOUT },
          scriptSig: script('CHECKSIG'),
          sequence: 0,
          witness: [],
        },
      ],
    };
    expect(sigopCost(coinbase, [], CONSENSUS_FLAGS)).toBe(4);
  });
});
