import { bytesToHex } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Descriptor, parseDescriptor } from '../src/descriptor/descriptor.ts';
import { inferDescriptor } from '../src/descriptor/infer.ts';
import { type KeyForm, parseKey } from '../src/descriptor/keys.ts';
import { parseMiniscript, satisfyMiniscript } from '../src/descriptor/miniscript.ts';
import { maxSatisfactionSize } from '../src/descriptor/satisfaction-size.ts';
import { specialise } from '../src/descriptor/specialise.ts';
import { ADDRESS_FORMATS } from '../src/tx/address.ts';
import { codeOf, TPRV } from './support.ts';

const format = ADDRESS_FORMATS.regtest;
const NUMS = '50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0';
const WIF = 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW';

/** Keys as descriptors may write them: fixed or of a range, hardened or not, with an origin or none. */
const KEYS = [
  `${TPRV}/0/*`,
  `${TPRV}/84h/1h/0h/1/*`,
  `${TPRV}/1h/2`,
  `[deadbeef/9h]${TPRV}/3h/4/*`,
  `[deadbeef/9h/1]${TPRV}/5/*`,
  WIF,
  `[12345678/0]02a8d67198e5ea8e37c772c26bd1ce53af6459822fca52a01de2b79e01010d9ad8`,
] as const;
const key = fc.constantFrom(...KEYS);
const keys = (least: number, most: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(key, { minLength: least, maxLength: most });
const multi = (name: string, most: number): fc.Arbitrary<string> =>
  keys(1, most).chain((list) =>
    fc.integer({ min: 1, max: list.length }).map((k) => `${name}(${[k, ...list].join(',')})`),
  );

/** Expressions of wsh(), each with signatures on some of its ways. */
const miniscripts: fc.Arbitrary<string> = keys(3, 3).chain((list) => {
  const [a, b, c] = list as [string, string, string];
  return fc.constantFrom(
    `and_v(v:pk(${a}),pk(${b}))`,
    `or_d(pk(${a}),and_v(v:pkh(${b}),older(7)))`,
    `andor(pk(${a}),after(9),pk(${c}))`,
    `thresh(2,pk(${a}),s:pk(${b}),sln:older(3))`,
    `or_i(and_v(v:pkh(${a}),older(1)),pk(${b}))`,
    `and_b(pk(${a}),a:pkh(${b}))`,
    `or_b(pk(${a}),s:pk(${b}))`,
    `t:or_c(pk(${a}),and_v(v:pk(${b}),v:older(5)))`,
    `and_v(v:multi(2,${a},${b}),pk(${c}))`,
    `j:and_v(v:pk(${a}),older(2))`,
  );
});
const single = fc.oneof(
  key.map((one) => `pk(${one})`),
  key.map((one) => `pkh(${one})`),
  key.map((one) => `wpkh(${one})`),
  key.map((one) => `sh(wpkh(${one}))`),
  key.map((one) => `sh(pkh(${one}))`),
  key.map((one) => `combo(${one})`),
  key.map((one) => `tr(${one})`),
  key.map((one) => `rawtr(${one})`),
);
const scripts = fc.oneof(
  multi('multi', 3),
  multi('sortedmulti', 3),
  multi('multi', 7).map((one) => `sh(${one})`),
  multi('sortedmulti', 7).map((one) => `wsh(${one})`),
  multi('sortedmulti', 7).map((one) => `sh(wsh(${one}))`),
  multi('multi_a', 7).map((one) => `tr(${NUMS},${one})`),
  fc.tuple(key, key).map(([a, b]) => `tr(${NUMS},{pk(${a}),{pk(${b}),multi_a(1,${a},${WIF})}})`),
  miniscripts.map((one) => `wsh(${one})`),
);
const descriptors = fc.oneof(single, scripts);
const index = fc.constantFrom(0, 1, 7, 0x7ffffffe);

const scriptsOf = (descriptor: Descriptor, at: number): string[] =>
  descriptor.outputs(at).map(({ scriptPubKey }) => bytesToHex(scriptPubKey));
/** Two leaves of one key make some expressions invalid: those say nothing here. */
const parsed = (text: string): Descriptor | undefined => {
  let descriptor: Descriptor | undefined;
  expect(codeOf(() => (descriptor = parseDescriptor(text))) ?? 'DESCRIPTOR_INVALID').toBe(
    'DESCRIPTOR_INVALID',
  );
  return descriptor;
};

describe('a descriptor', () => {
  it('says the same in each of its forms, to whoever can derive from it', () => {
    fc.assert(
      fc.property(
        descriptors,
        index,
        fc.constantFrom<KeyForm>('private', 'normalized', 'public'),
        (text, at, form) => {
          const descriptor = parsed(text);
          if (descriptor === undefined) return;
          const again = parseDescriptor(descriptor.toText(form), { checksum: true });
          expect(again.isRange).toBe(descriptor.isRange);
          expect(again.toText(form)).toBe(descriptor.toText(form));
          if (form !== 'private') expect(again.hasPrivate).toBe(false);
          // What is hardened cannot be derived from public keys: that is what the normal form is for.
          if (form === 'public' && again.keys.some(({ needsPrivate }) => needsPrivate)) {
            expect(codeOf(() => again.outputs(at))).toBe('DESCRIPTOR_INVALID');
          } else expect(scriptsOf(again, at)).toEqual(scriptsOf(descriptor, at));
        },
      ),
      { numRuns: 120 },
    );
  });

  it('of one index names its outputs, with where their keys come from', () => {
    fc.assert(
      fc.property(descriptors, index, (text, at) => {
        const descriptor = parsed(text);
        if (descriptor === undefined) return;
        scriptsOf(descriptor, at).forEach((script, n) => {
          const one = parseDescriptor(specialise(descriptor, at, n, format));
          expect([one.isRange, one.hasPrivate]).toEqual([false, false]);
          expect(scriptsOf(one, 0)).toEqual([script]);
        });
      }),
      { numRuns: 80 },
    );
  });

  it('is found for any of its outputs again, as far as the output tells', () => {
    fc.assert(
      fc.property(descriptors, index, (text, at) => {
        for (const { scriptPubKey, witnessScript } of parsed(text)?.outputs(at) ?? []) {
          const found = parseDescriptor(inferDescriptor(scriptPubKey, format, witnessScript), {
            checksum: true,
          });
          expect(scriptsOf(found, 0)).toEqual([bytesToHex(scriptPubKey)]);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('changes its scripts with the index exactly when it has a range', () => {
    fc.assert(
      fc.property(descriptors, (text) => {
        const descriptor = parsed(text);
        if (descriptor === undefined) return;
        const same = scriptsOf(descriptor, 3).join() === scriptsOf(descriptor, 4).join();
        expect(same).toBe(!descriptor.isRange);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the longest satisfaction', () => {
  it('is not shorter than any there is', () => {
    const signature = new Uint8Array(72);
    fc.assert(
      fc.property(miniscripts, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (text, has) => {
        const { node } = parsed(`wsh(${text})`) ?? { node: undefined };
        if (node?.kind !== 'wsh' || node.sub.kind !== 'miniscript') return;
        const { script } = node.sub;
        let asked = 0;
        const stack = satisfyMiniscript(script, 0, {
          sign: () => (has[asked++ % 3] === true ? signature : undefined),
          preimage: () => undefined,
          older: () => has[3] === true,
          after: () => has[4] === true,
        });
        if (stack === undefined) return;
        const size = stack.reduce((sum, { length }) => sum + 1 + length, 0);
        expect(size).toBeLessThanOrEqual(maxSatisfactionSize(script));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['pk(A)', 73],
    ['and_v(v:pk(A),pk(B))', 146],
    ['or_d(pk(A),pkh(B))', 1 + 73 + 34],
    ['andor(pk(A),older(1),pk(B))', 73 + 1],
    ['thresh(2,pk(A),s:pk(B),s:pk(C))', 73 * 2 + 1],
    ['or_i(pk(A),pk(B))', 73 + 2],
    ['multi(2,A,B,C)', 1 + 73 * 2],
    [`and_v(v:pk(A),sha256(${'00'.repeat(32)}))`, 73 + 33],
  ])('of %s has %i bytes', (text, size) => {
    const script = parseMiniscript(text, {
      context: 'p2wsh',
      parseKey: (name) =>
        parseKey(KEYS['ABC'.indexOf(name)]!, 'wsh()', { xOnly: false, uncompressed: false, network: 'test' }),
    });
    expect(maxSatisfactionSize(script)).toBe(size);
  });
});
