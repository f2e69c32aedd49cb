import { bytesToHex, hexToBytes } from '@ninefold/base';
import { assembleScript } from '@ninefold/vm-bitcoin-script';
import { bech32, bech32m } from '@scure/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_FORMATS, addressToScript, scriptToAddress } from '../src/tx/address.ts';
import { codeOf } from './support.ts';

const { main, test, regtest } = ADDRESS_FORMATS;
describe('addresses', () => {
  // From BIP 173, BIP 350 and the first block; P2A is of Bitcoin Core's policy.
  it.each([
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', '0x76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac', main],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', '0x0014751e76e8199196d454941c45d1b3a323f1433bd6', main],
    ['bc1pfeessrawgf', '0x51024e73', main],
    [
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      '0x512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
      main,
    ],
    [
      'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7',
      '0x00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
      test,
    ],
  ])('%s is %s', (address, script, format) => {
    expect(bytesToHex(addressToScript(address, format))).toBe(script);
    expect(scriptToAddress(hexToBytes(script), format)).toBe(address);
  });

  it('round trip of every form', () => {
    const hash = fc.uint8Array({ minLength: 20, maxLength: 20 });
    const hex = (bytes: Uint8Array): string => bytesToHex(bytes).slice(2);
    const program = fc.tuple(fc.integer({ min: 1, max: 16 }), fc.uint8Array({ minLength: 2, maxLength: 40 }));
    const script = fc.oneof(
      hash.map((bytes) => `DUP HASH160 <${hex(bytes)}> EQUALVERIFY CHECKSIG`),
      hash.map((bytes) => `HASH160 <${hex(bytes)}> EQUAL`),
      hash.map((bytes) => `0 <${hex(bytes)}>`),
      program.map(([version, bytes]) => `${version} <${hex(bytes)}>`),
    );
    fc.assert(
      fc.property(script, fc.constantFrom(main, test, regtest), (text, format) => {
        const bytes = assembleScript(text);
        const address = scriptToAddress(bytes, format)!;
        expect(addressToScript(address, format)).toEqual(bytes);
        if (address.startsWith(format.hrp)) {
          expect(addressToScript(address.toUpperCase(), format)).toEqual(bytes);
        }
      }),
    );
  });

  it('scripts without an address', () => {
    for (const text of ['1', 'RETURN <00>', '0 <0102>', 'DUP HASH160 <00> EQUALVERIFY CHECKSIG']) {
      expect(scriptToAddress(assembleScript(text), main)).toBeUndefined();
    }
  });

  it('refuses damage, other networks, and what BIP 350 forbids', () => {
    const words = bech32.toWords(new Uint8Array(20));
    for (const address of [
      '',
      '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb',
      '0A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
      '1'.repeat(25),
      '1'.repeat(60),
      'mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn',
      'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx',
      'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5',
      'bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      'bc1',
      bech32m.encode('bc', [0, ...words]),
      bech32.encode('bc', [1, ...words]),
      bech32m.encode('bc', [17, ...words]),
      bech32.encode('bc', [0, ...bech32.toWords(new Uint8Array(21))]),
      bech32m.encode('bc', [1, ...bech32.toWords(new Uint8Array(1))]),
      bech32m.encode('bc', [1, ...bech32.toWords(new Uint8Array(41))]),
      bech32m.encode('bc', []),
    ]) {
      expect(
        codeOf(() => addressToScript(address, main)),
        address,
      ).toBe('ADDRESS_INVALID');
    }
  });

  it('any text gives a script or the error', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        expect(codeOf(() => addressToScript(`bc1${text}`, main)) ?? 'ADDRESS_INVALID').toBe(
          'ADDRESS_INVALID',
        );
        expect(codeOf(() => addressToScript(text, regtest)) ?? 'ADDRESS_INVALID').toBe('ADDRESS_INVALID');
      }),
    );
  });
});
