import { bytesToHex, hexToBytes, isNinefoldError, seededRng } from '@ninefold/base';
import { secp256k1 } from '@ninefold/crypto';
import {
  assembleScript,
  blockHashOf,
  encodePush,
  hash160,
  hashToHex,
  merkleRoot,
  txidOf,
} from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressFault } from '../src/tx/address-fault.ts';
import { formatAmount, formatFeeRate, formatMoney, parseAmount } from '../src/tx/amount.ts';
import { ADDRESS_FORMATS } from '../src/tx/address.ts';
import { encodeFilter, filterHeader, matchesFilter } from '../src/filter/block-filter.ts';
import { sipHash } from '../src/filter/siphash.ts';
import { decodeMerkleProof, encodeMerkleProof } from '../src/tx/merkle-proof.ts';
import { messageHash, signMessage, verifyMessage } from '../src/tx/message.ts';
import { classifyScript } from '../src/tx/script-type.ts';
import { decodeWif, encodeWif, WIF_TEST } from '../src/tx/wif.ts';
import { regtestParams } from '../src/spec/params.ts';
import { KeyRing } from '../src/wallet/key-ring.ts';
import { signMessageFor, toSign, toSpend, verifyMessageFor } from '../src/wallet/bip322.ts';
import { codeOf, P2TR, SECRET } from './support.ts';

describe('amounts', () => {
  it('go there and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), (satoshi) => {
        if (satoshi < 10n ** 20n) expect(parseAmount(formatAmount(satoshi))).toBe(satoshi);
      }),
    );
    expect([formatAmount(1n), formatAmount(-1n), formatAmount(123_456_789n)]).toEqual([
      '0.00000001',
      '-0.00000001',
      '1.23456789',
    ]);
    expect([formatMoney(1_000_000n), formatMoney(0n), formatMoney(1n)]).toEqual([
      '0.01',
      '0.00',
      '0.00000001',
    ]);
    expect(formatFeeRate(111n, 111)).toBe('0.00001000 BTC/kvB');
    for (const text of ['', '1.', '.5', '1e3', '0.000000001', '1,5', '--1'])
      expect(codeOf(() => parseAmount(text))).toBe('AMOUNT_INVALID');
    expect(parseAmount('0.100000000000')).toBe(10_000_000n);
  });
});

describe('forms of scripts', () => {
  const key = `02${'11'.repeat(32)}`;
  it('are told apart', () => {
    const cases: readonly (readonly [string, string])[] = [
      [`<${key}> CHECKSIG`, 'pubkey'],
      [`DUP HASH160 <${'00'.repeat(20)}> EQUALVERIFY CHECKSIG`, 'pubkeyhash'],
      [`HASH160 <${'00'.repeat(20)}> EQUAL`, 'scripthash'],
      [`0 <${'00'.repeat(20)}>`, 'witness_v0_keyhash'],
      [`0 <${'00'.repeat(32)}>`, 'witness_v0_scripthash'],
      [`1 <${'00'.repeat(32)}>`, 'witness_v1_taproot'],
      ['1 <4e73>', 'anchor'],
      ['2 <0011>', 'witness_unknown'],
      [`0 <${'00'.repeat(21)}>`, 'nonstandard'],
      ['RETURN <00>', 'nulldata'],
      ['RETURN CHECKSIG', 'nonstandard'],
      [`1 <${key}> <${key}> 2 CHECKMULTISIG`, 'multisig'],
      [`3 <${key}> <${key}> 2 CHECKMULTISIG`, 'nonstandard'],
      [`1 <${key}> <00> 2 CHECKMULTISIG`, 'nonstandard'],
      ['1', 'nonstandard'],
    ];
    for (const [text, type] of cases) expect(classifyScript(assembleScript(text)).type, text).toBe(type);
    const many = Array.from({ length: 17 }, () => `<${key}>`).join(' ');
    expect(classifyScript(assembleScript(`1 ${many} <11> CHECKMULTISIG`))).toMatchObject({
      type: 'multisig',
      required: 1,
    });
  });
});

describe('addresses that are none', () => {
  it('are explained', () => {
    const explain = (text: string) => addressFault(text, ADDRESS_FORMATS.regtest);
    expect(explain('bcrt1qxxxx')).toEqual({ message: 'Invalid separator position', locations: [4] });
    expect(explain('bcrt1qdsd4f5hjvemfz79thz0mh36rxffua9hx9p42wb')).toEqual({
      message: 'Invalid Base 32 character',
      locations: [43],
    });
    expect(explain('bcrt1qdsd4f5hjvemfz79thz0mh36rxffua9hx9p42wc').message).toBe('Invalid Bech32 checksum');
    expect(explain('bcrt1qDsd4f5hjvemfz79thz0mh36rxffua9hx9p42wa').message).toBe(
      'Invalid character or mixed case',
    );
    expect(explain(`bcrt1q${'q'.repeat(90)}`).message).toBe('Bech32 string too long');
    expect(explain('mriDU2Nc6bsP9HZhVxyMqWhWYt4E43qYSc').message).toMatch(/Base58/);
    expect(explain('???').message).toMatch(/^Invalid or unsupported/);
  });
});

describe('private keys as text', () => {
  it('go there and back, in both forms', () => {
    for (const compressed of [true, false]) {
      const text = encodeWif({ privateKey: SECRET, compressed }, WIF_TEST);
      expect(decodeWif(text, WIF_TEST)).toEqual({ privateKey: SECRET, compressed });
      expect(decodeWif(text, 0x80)).toBeUndefined();
      expect(decodeWif(`${text.slice(0, -1)}${text.endsWith('1') ? '2' : '1'}`, WIF_TEST)).toBeUndefined();
    }
    for (const text of ['', '0OIl', 'x'.repeat(100), '2']) expect(decodeWif(text, WIF_TEST)).toBeUndefined();
  });
});

describe('signed messages', () => {
  const key = secp256k1.compress(secp256k1.publicKey(SECRET));

  it('of keys: by header, r and s', () => {
    const signature = signMessage('hello', SECRET, true);
    expect(verifyMessage('hello', signature, hash160(key))).toBe(true);
    expect(verifyMessage('hello!', signature, hash160(key))).toBe(false);
    expect(verifyMessage('hello', signMessage('hello', SECRET, false), hash160(key))).toBe(false);
    expect(verifyMessage('hello', 'x', hash160(key))).toBe('malformed');
    expect(verifyMessage('hello', 'AAAA', hash160(key))).toBe(false);
    expect(messageHash('').length).toBe(32);
  });

  it('of scripts (BIP 322): all forms a ring can sign for', () => {
    const ring = new KeyRing();
    ring.addPrivateKey(SECRET);
    const keyHash = bytesToHex(hash160(key)).slice(2);
    const program = assembleScript(`0 <${keyHash}>`);
    ring.addScript(program);
    const scripts = [
      program,
      P2TR,
      assembleScript(`DUP HASH160 <${keyHash}> EQUALVERIFY CHECKSIG`),
      assembleScript(`HASH160 <${bytesToHex(hash160(program)).slice(2)}> EQUAL`),
    ];
    for (const script of scripts) {
      const signature = signMessageFor('hello', script, ring);
      expect(verifyMessageFor('hello', script, signature)).toBe(true);
      expect(verifyMessageFor('hullo', script, signature)).toBe(false);
      expect(verifyMessageFor('hello', scripts[(scripts.indexOf(script) + 1) % 4]!, signature)).toBe(false);
    }
    expect(codeOf(() => signMessageFor('hello', assembleScript(`0 <${'00'.repeat(20)}>`), ring))).toBe(
      'BIP322_CANNOT_SIGN',
    );
    for (const text of ['', 'smp', 'ful!!', 'fulAAAA', 'pofAAAA', 'smp/w==']) {
      expect(
        codeOf(() => verifyMessageFor('hello', program, text)),
        text,
      ).toBe('BIP322_MALFORMED');
    }
    const spend = toSpend('hello', program);
    expect(toSign(spend).inputs[0]?.prevout.txid).toEqual(txidOf(spend));
  });
});

describe('block filters', () => {
  it('SipHash of its authors', () => {
    const [k0, k1] = [0x0706050403020100n, 0x0f0e0d0c0b0a0908n];
    expect(sipHash(k0, k1, new Uint8Array(0))).toBe(0x726fdb47dd0e0e31n);
    expect(
      sipHash(
        k0,
        k1,
        Uint8Array.from({ length: 15 }, (_, i) => i),
      ),
    ).toBe(0xa129ca6149be45e5n);
  });

  it('hold what was put in, and nearly nothing else', () => {
    const rng = seededRng(1);
    const hash = rng.bytes(32);
    const items = Array.from({ length: 50 }, () => rng.bytes(1 + rng.below(40)));
    const filter = encodeFilter(items, hash);
    for (const item of items) expect(matchesFilter(filter, hash, [item])).toBe(true);
    const others = Array.from({ length: 200 }, () => rng.bytes(20));
    expect(others.filter((other) => matchesFilter(filter, hash, [other])).length).toBeLessThan(3);
    expect(matchesFilter(filter, hash, [])).toBe(false);
    expect(encodeFilter([], hash)).toEqual(Uint8Array.of(0));
    expect(matchesFilter(Uint8Array.of(0), hash, items)).toBe(false);
    expect(codeOf(() => matchesFilter(filter.subarray(0, 5), hash, others))).toBe('FILTER_TRUNCATED');
    expect(filterHeader(filter, new Uint8Array(32))).toHaveLength(32);
  });
});

describe('Merkle proofs', () => {
  it('show the chosen, in blocks of any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (count, seed) => {
        const rng = seededRng(seed);
        const ids = Array.from({ length: count }, () => rng.bytes(32));
        const chosen = ids.map(() => rng.below(3) === 0);
        const header = { ...regtestParams().genesis.header, merkleRoot: merkleRoot(ids).root };
        const proof = decodeMerkleProof(encodeMerkleProof(header, ids, (i) => chosen[i] === true));
        expect(proof.count).toBe(count);
        expect(hashToHex(blockHashOf(proof.header))).toBe(hashToHex(blockHashOf(header)));
        expect(proof.found.map(({ index }) => index)).toEqual(chosen.flatMap((is, i) => (is ? [i] : [])));
      }),
      { numRuns: 40 },
    );
  });

  it('are refused when any byte is another', () => {
    const rng = seededRng(5);
    const ids = Array.from({ length: 7 }, () => rng.bytes(32));
    const header = { ...regtestParams().genesis.header, merkleRoot: merkleRoot(ids).root };
    const proof = encodeMerkleProof(header, ids, (i) => i === 3);
    for (let at = 80; at < proof.length; at++) {
      const changed = proof.slice();
      changed[at] = (changed[at] as number) ^ 0x40;
      let outcome: string | undefined;
      try {
        const { found } = decodeMerkleProof(changed);
        // Bits beyond the last that is used are not looked at.
        outcome = found.length === 1 && bytesToHex(found[0]!.id) === bytesToHex(ids[3]!) ? 'same' : 'other';
      } catch (error) {
        outcome = isNinefoldError(error) ? 'refused' : String(error);
      }
      expect(['refused', 'same'], `byte ${at}: ${outcome}`).toContain(outcome);
    }
    expect(codeOf(() => decodeMerkleProof(hexToBytes('0x00')))).toBe('WIRE_TRUNCATED');
    expect(encodePush(new Uint8Array(0))).toEqual(Uint8Array.of(0));
  });
});
