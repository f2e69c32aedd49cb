import { bytesToHex, hexToBytes, isNinefoldError } from '@ninefold/base';
import { assembleScript, hash160 } from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { descriptorChecksum, withChecksum } from '../src/descriptor/checksum.ts';
import { parseDescriptor, scriptOf } from '../src/descriptor/descriptor.ts';
import { inferDescriptor } from '../src/descriptor/infer.ts';
import {
  compileMiniscript,
  formatMiniscript,
  parseMiniscript,
  satisfyMiniscript,
} from '../src/descriptor/miniscript.ts';
import { parseKey } from '../src/descriptor/keys.ts';
import { specialise } from '../src/descriptor/specialise.ts';
import { ADDRESS_FORMATS } from '../src/tx/address.ts';

const A = '02a8d67198e5ea8e37c772c26bd1ce53af6459822fca52a01de2b79e01010d9ad8';
const B = '03c07eebd25fbd32581a3fb7e9d59deb6863389fd268ecc2ac61e5c414cd26da02';
const X = A.slice(2);
const XPUB =
  'tpubDCe2gsBsKXcS8zgdFCmiwDQqueA1HnpLxHj8QXUMCrRPTw1bhfJfmjsGDnwBq8seFdNeBUHGBCLWLvBVqaJJTdxkX387UNbKhKjwHUDS6so';
const regtest = { format: ADDRESS_FORMATS.regtest };
const hex = (bytes: Uint8Array): string => bytesToHex(bytes).slice(2);
const scriptsOf = (text: string, index = 0): string[] =>
  parseDescriptor(text, regtest)
    .outputs(index)
    .map(({ scriptPubKey }) => hex(scriptPubKey));

/** Why a descriptor is refused. */
function reasonOf(text: string, checksum = false): string {
  try {
    parseDescriptor(text, { ...regtest, checksum });
  } catch (error) {
    if (isNinefoldError(error, 'DESCRIPTOR_INVALID')) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('checksums', () => {
  it('are those of BIP 380', () => {
    expect(withChecksum('raw(deadbeef)')).toBe('raw(deadbeef)#89f8spxm');
    expect(descriptorChecksum('Ü')).toBeUndefined();
    expect(reasonOf('raw(deadbeef)', true)).toBe('Missing checksum');
    expect(reasonOf('raw(deadbeef)#')).toMatch(/^Expected 8 character checksum, not 0/);
    expect(reasonOf('raw(deadbeef)#89f8spxmx')).toMatch(/not 9 characters/);
    expect(reasonOf('raw(deadbeef)##9f8spxm')).toBe("Multiple '#' symbols");
    expect(reasonOf('raw(deedbeef)#89f8spxm')).toMatch(/does not match computed checksum/);
    expect(reasonOf('raw(Ü00000000)#89f8spxm')).toBe('Invalid characters in payload');
  });
});

describe('outputs', () => {
  it('of a key', () => {
    const keyHash = hex(hash160(hexToBytes(`0x${A}`)));
    expect(scriptsOf(`pk(${A})`)).toEqual([`21${A}ac`]);
    expect(scriptsOf(`pkh(${A})`)).toEqual([`76a914${keyHash}88ac`]);
    expect(scriptsOf(`wpkh(${A})`)).toEqual([`0014${keyHash}`]);
    const wrapped = hex(hash160(hexToBytes(`0x0014${keyHash}`)));
    expect(scriptsOf(`sh(wpkh(${A}))`)).toEqual([`a914${wrapped}87`]);
    expect(scriptsOf(`combo(${A})`)).toEqual([
      `21${A}ac`,
      `76a914${keyHash}88ac`,
      `0014${keyHash}`,
      `a914${wrapped}87`,
    ]);
    expect(scriptsOf(`rawtr(${X})`)).toEqual([`5120${X}`]);
    expect(scriptsOf('raw(6a)')).toEqual(['6a']);
  });

  it('of several keys, sorted where asked', () => {
    expect(scriptsOf(`multi(1,${B},${A})`)).toEqual([`5121${B}21${A}52ae`]);
    expect(scriptsOf(`sortedmulti(1,${B},${A})`)).toEqual([`5121${A}21${B}52ae`]);
    const tree = parseDescriptor(`tr(${X},sortedmulti_a(2,${B.slice(2)},${X}))`, regtest);
    const [output] = tree.outputs(0);
    expect(hex(output!.taproot!.output.leaves[0]!.script)).toBe(`20${X}ac20${B.slice(2)}ba529c`);
  });

  it('of a range: each index another, BIP 32 below', () => {
    const descriptor = parseDescriptor(`wpkh([deadbeef/84h/1'/0H]${XPUB}/0/*)`, regtest);
    expect(descriptor).toMatchObject({ isRange: true, isSolvable: true, hasPrivate: false });
    expect(new Set([0, 1, 2].map((index) => hex(descriptor.outputs(index)[0]!.scriptPubKey))).size).toBe(3);
    expect(specialise(descriptor, 5, 0, ADDRESS_FORMATS.regtest)).toMatch(
      /^wpkh\(\[deadbeef\/84h\/1h\/0h\/0\/5\]0[23]/,
    );
    expect(descriptor.toText()).toBe(withChecksum(`wpkh([deadbeef/84h/1h/0h]${XPUB}/0/*)`));
    expect(() => parseDescriptor(`wpkh(${XPUB}/0h/*)`, regtest).outputs(0)).toThrow(/without private keys/);
  });

  it('are named again from their scripts', () => {
    const infer = (text: string): string =>
      inferDescriptor(scriptOf(parseDescriptor(text, regtest).node, 0), ADDRESS_FORMATS.regtest);
    for (const text of [`pk(${A})`, `multi(2,${A},${B})`, `rawtr(${X})`, 'raw(6a)']) {
      expect(infer(text)).toBe(withChecksum(text));
    }
    expect(infer(`wpkh(${A})`)).toMatch(/^addr\(bcrt1q/);
  });
});

describe('what is refused', () => {
  it('says so in the words of nodes', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['wpkh(bad)', /^wpkh\(\): key 'bad' is not valid$/],
      ['nothing', /is not a valid descriptor function$/],
      ['sh(sh(pk(x)))', /^Can only have sh\(\) at top level$/],
      [`wsh(wpkh(${A}))`, /^Can only have wpkh\(\) at top level or inside sh\(\)$/],
      [`sh(tr(${X}))`, /^Can only have tr at top level$/],
      [`tr(${X},multi(1,${X}))`, /^Can only have multi\/sortedmulti/],
      [`multi_a(1,${X})`, /inside tr\(\)$/],
      [`multi(0,${A})`, /threshold cannot be 0/],
      [`multi(2,${A})`, /cannot be larger than the number of keys/],
      [`multi(1,${Array.from({ length: 4 }, () => A).join(',')})`, /only at most 3 pubkeys$/],
      [`multi(x,${A})`, /^Multi threshold 'x' is not valid$/],
      [
        `sh(multi(1,${Array.from({ length: 16 }, () => A).join(',')}))`,
        /^P2SH script is too large, 547 bytes/,
      ],
      [`wpkh(04${'11'.repeat(64)})`, /is not valid$/],
      [`wpkh([dead]${A})`, /Fingerprint is not 4 bytes/],
      [`wpkh([deadbeez]${A})`, /is not hex$/],
      [`wpkh(${XPUB}/x)`, /is not a valid uint32$/],
      [`wpkh(${XPUB}/2147483648)`, /is out of range$/],
      ['addr(x)', /^Address is not valid$/],
      ['raw(x)', /^Raw script is not hex$/],
      [`tr(${X},{pk(${X})})`, /is not a pair of scripts$/],
      [`tr(${X},${'{'.repeat(130)}pk(${X})`, /nesting levels|pair of scripts/],
      [`wsh(and_v(pk(${A}),older(1)))`, /is invalid$/],
      ['wsh(older(0))', /is invalid$/],
      [`wsh(${'n:'.repeat(300)}1)`, /./],
    ];
    for (const [text, reason] of cases) expect(reasonOf(text), text.slice(0, 60)).toMatch(reason);
  });

  it('whatever the text', () => {
    const word = fc.constantFrom(
      'wsh(',
      'tr(',
      'multi(',
      'pk(',
      ')',
      '{',
      '}',
      ',',
      A,
      X,
      '1',
      '#',
      'older(',
      't:',
      '[',
      ']',
      '/',
      '*',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        reasonOf(words.join(''));
      }),
      { numRuns: 300 },
    );
  });
});

describe('Miniscript', () => {
  const context = { xOnly: false, uncompressed: false, network: 'test' } as const;
  const parse = (text: string) =>
    parseMiniscript(text, { context: 'p2wsh', parseKey: (key) => parseKey(key, 'pk()', context) });
  const asm = (text: string): string => hex(assembleScript(text));
  const H = '11'.repeat(32);

  it('compiles to the scripts of BIP 379', () => {
    const cases: readonly (readonly [string, string])[] = [
      [`pk(${A})`, `<${A}> CHECKSIG`],
      [`pkh(${A})`, `DUP HASH160 <${hex(hash160(hexToBytes(`0x${A}`)))}> EQUALVERIFY CHECKSIG`],
      [`and_v(v:pk(${A}),older(10))`, `<${A}> CHECKSIGVERIFY 10 CHECKSEQUENCEVERIFY`],
      [
        `or_d(pk(${A}),and_v(v:pk(${B}),after(100)))`,
        `<${A}> CHECKSIG IFDUP NOTIF <${B}> CHECKSIGVERIFY 100 CHECKLOCKTIMEVERIFY ENDIF`,
      ],
      [
        `andor(pk(${A}),older(5),pk(${B}))`,
        `<${A}> CHECKSIG NOTIF <${B}> CHECKSIG ELSE 5 CHECKSEQUENCEVERIFY ENDIF`,
      ],
      [`and_v(v:sha256(${H}),pk(${A}))`, `SIZE <20> EQUALVERIFY SHA256 <${H}> EQUALVERIFY <${A}> CHECKSIG`],
      [
        `thresh(2,pk(${A}),s:pk(${B}),snl:older(7))`,
        `<${A}> CHECKSIG SWAP <${B}> CHECKSIG ADD SWAP IF 0 ELSE 7 CHECKSEQUENCEVERIFY ENDIF 0NOTEQUAL ADD 2 EQUAL`,
      ],
      [`multi(2,${A},${B})`, `2 <${A}> <${B}> 2 CHECKMULTISIG`],
      [`t:or_c(pk(${A}),v:pk(${B}))`, `<${A}> CHECKSIG NOTIF <${B}> CHECKSIGVERIFY ENDIF 1`],
      [`and_b(pk(${A}),a:pk(${B}))`, `<${A}> CHECKSIG TOALTSTACK <${B}> CHECKSIG FROMALTSTACK BOOLAND`],
      [`or_b(pk(${A}),s:pk(${B}))`, `<${A}> CHECKSIG SWAP <${B}> CHECKSIG BOOLOR`],
      [`or_i(pk(${A}),pk(${B}))`, `IF <${A}> CHECKSIG ELSE <${B}> CHECKSIG ENDIF`],
      [`j:pk(${A})`, `SIZE 0NOTEQUAL IF <${A}> CHECKSIG ENDIF`],
      [`dv:older(3)`, `DUP IF 3 CHECKSEQUENCEVERIFY VERIFY ENDIF`],
    ];
    for (const [text, script] of cases) {
      const node = parse(text);
      expect(hex(compileMiniscript(node, 0)), text).toBe(asm(script));
      const again = formatMiniscript(node, (key) => key.toText('public'));
      expect(hex(compileMiniscript(parse(again), 0)), again).toBe(asm(script));
    }
  });

  it('is satisfied by what there is, the cheapest way', () => {
    const signature = new Uint8Array(72).fill(1);
    const by = (
      keys: readonly string[],
      locks: { readonly older?: number; readonly preimage?: boolean } = {},
    ) => ({
      sign: (key: Uint8Array) => (keys.includes(hex(key)) ? signature : undefined),
      preimage: () => (locks.preimage === true ? new Uint8Array(32) : undefined),
      older: (lock: number) => lock <= (locks.older ?? 0),
      after: () => false,
    });
    const sizes = (text: string, satisfier: ReturnType<typeof by>): number[] | undefined =>
      satisfyMiniscript(parse(text), 0, satisfier)?.map(({ length }) => length);
    const either = `or_d(pk(${A}),and_v(v:pkh(${B}),older(10)))`;
    expect(sizes(either, by([A, B], { older: 10 }))).toEqual([72]);
    expect(sizes(either, by([B], { older: 10 }))).toEqual([72, 33, 0]);
    expect(sizes(either, by([B], { older: 9 }))).toBeUndefined();
    expect(sizes(`multi(1,${A},${B})`, by([B]))).toEqual([0, 72]);
    expect(sizes(`multi(2,${A},${B})`, by([B]))).toBeUndefined();
    expect(sizes(`thresh(2,pk(${A}),s:pk(${B}),snl:older(7))`, by([A], { older: 7 }))).toEqual([0, 0, 72]);
    expect(sizes(`and_v(v:sha256(${H}),pk(${A}))`, by([A], { preimage: true }))).toEqual([72, 32]);
    expect(sizes(`or_i(pk(${A}),pk(${B}))`, by([B]))).toEqual([72, 0]);
    expect(sizes(`andor(pk(${A}),older(5),pk(${B}))`, by([B]))).toEqual([72, 0]);
  });
});
