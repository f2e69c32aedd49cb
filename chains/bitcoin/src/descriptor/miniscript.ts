import { type Bytes, concatBytes, EMPTY_BYTES, hexToBytes, isHex } from '@ninefold/base';
import { assembleScript, encodePush, hash160, OP, pushNumber } from '@ninefold/vm-bitcoin-script';
import { invalidDescriptor } from './errors.ts';
import type { KeyExpression } from './keys.ts';
import { splitArguments } from './split.ts';

/*
 * Miniscript (BIP 379): scripts composed of fragments, each with a type that says how it leaves the
 * stack, what may be put together, and how it is satisfied.
 */

/** `p2wsh` has CHECKMULTISIG, `tapscript` CHECKSIGADD and x-only keys. */
export type MiniscriptContext = 'p2wsh' | 'tapscript';

export type Miniscript = {
  readonly fragment: Fragment;
  /** Threshold of a multisig, or the lock of `older` and `after`. */
  readonly number: number;
  readonly keys: readonly KeyExpression[];
  readonly hash: Bytes;
  readonly subs: readonly Miniscript[];
  readonly type: MiniscriptType;
};

/** Base type and properties: zero arguments, one, nonzero top, dissatisfiable, unit. */
export type MiniscriptType = {
  readonly base: 'B' | 'V' | 'K' | 'W';
  readonly z: boolean;
  readonly o: boolean;
  readonly n: boolean;
  readonly d: boolean;
  readonly u: boolean;
};

const HASHES = { sha256: 32, hash256: 32, ripemd160: 20, hash160: 20 } as const;
type HashFragment = keyof typeof HASHES;
type Combination = 'andor' | 'and_v' | 'and_b' | 'or_b' | 'or_c' | 'or_d' | 'or_i' | 'thresh';
type Wrapper = 'wrap_a' | 'wrap_s' | 'wrap_c' | 'wrap_d' | 'wrap_v' | 'wrap_j' | 'wrap_n';
type Fragment =
  | '0'
  | '1'
  | 'pk_k'
  | 'pk_h'
  | 'older'
  | 'after'
  | HashFragment
  | 'multi'
  | 'multi_a'
  | Combination
  | Wrapper;

const MAX_LOCK = 0x7fffffff;
const MAX_MULTI_KEYS = 20;
const MAX_MULTI_A_KEYS = 999;
/** Fragments inside each other: what the parser's recursion is held to. */
const MAX_DEPTH = 200;

type Reader = {
  readonly context: MiniscriptContext;
  readonly parseKey: (text: string) => KeyExpression;
};

/**
 * Parses a Miniscript expression that is a whole script.
 *
 * @throws `DESCRIPTOR_INVALID`
 * @example parseMiniscript('and_v(v:pk(A),older(10))', { context: 'tapscript', parseKey })
 */
export function parseMiniscript(text: string, reader: Reader): Miniscript {
  const parsed = parse(text, reader, 0);
  if (parsed.type.base !== 'B') throw invalidDescriptor(`${text} is invalid`);
  return parsed;
}

function parse(text: string, reader: Reader, depth: number): Miniscript {
  if (depth > MAX_DEPTH) throw invalidDescriptor('Miniscript is nested too deeply');
  const wrapped = /^([asctdvjnlu]+):(.*)$/s.exec(text);
  if (wrapped !== null) {
    const [, wrappers, inner] = wrapped as unknown as [string, string, string];
    return [...wrappers]
      .reverse()
      .reduce((sub, letter) => wrap(letter, sub, text), parse(inner, reader, depth + 1));
  }
  if (text === '0' || text === '1') return make(text, {});
  const call = /^([a-z_\d]+)\((.*)\)$/s.exec(text);
  if (call === null) throw invalidDescriptor(`'${text}' is not a valid descriptor function`);
  const [, name, inside] = call as unknown as [string, string, string];
  const parts = splitArguments(inside);
  const [first = ''] = parts;
  const subs = (from = 0): Miniscript[] => parts.slice(from).map((part) => parse(part, reader, depth + 1));
  const expect = (count: number): void => {
    if (parts.length !== count) throw invalidDescriptor(`${name}() takes ${count} arguments`);
  };
  switch (name) {
    case 'pk_k':
    case 'pk_h':
      expect(1);
      return make(name, { keys: [reader.parseKey(first)] });
    case 'pk':
    case 'pkh': {
      expect(1);
      const key = make(name === 'pk' ? 'pk_k' : 'pk_h', { keys: [reader.parseKey(first)] });
      return make('wrap_c', { subs: [key] });
    }
    case 'older':
    case 'after': {
      expect(1);
      const number = /^\d{1,10}$/.test(first) ? Number(first) : 0;
      if (number < 1 || number > MAX_LOCK) throw invalidDescriptor(`${text} is invalid`);
      return make(name, { number });
    }
    case 'sha256':
    case 'hash256':
    case 'ripemd160':
    case 'hash160':
      expect(1);
      if (!isHex(`0x${first}`, HASHES[name])) throw invalidDescriptor(`${text} is invalid`);
      return make(name, { hash: hexToBytes(`0x${first}`) });
    case 'multi':
    case 'multi_a':
      return parseMulti(name, parts, reader, text);
    case 'thresh': {
      const number = /^\d{1,4}$/.test(first) ? Number(first) : 0;
      const all = subs(1);
      if (number < 1 || number > all.length) throw invalidDescriptor(`${text} is invalid`);
      return make('thresh', { number, subs: all }, text);
    }
    case 'and_n':
      expect(2);
      return make('andor', { subs: [...subs(), make('0', {})] }, text);
    case 'andor':
      expect(3);
      return make(name, { subs: subs() }, text);
    case 'and_v':
    case 'and_b':
    case 'or_b':
    case 'or_c':
    case 'or_d':
    case 'or_i':
      expect(2);
      return make(name, { subs: subs() }, text);
    default:
      throw invalidDescriptor(`'${text}' is not a valid descriptor function`);
  }
}

function parseMulti(
  name: 'multi' | 'multi_a',
  [threshold = '', ...names]: readonly string[],
  reader: Reader,
  text: string,
): Miniscript {
  const fits = (name === 'multi') === (reader.context === 'p2wsh');
  const limit = name === 'multi' ? MAX_MULTI_KEYS : MAX_MULTI_A_KEYS;
  const number = /^\d{1,4}$/.test(threshold) ? Number(threshold) : 0;
  if (!fits || number < 1 || number > names.length || names.length > limit) {
    throw invalidDescriptor(`${text} is invalid`);
  }
  return make(name, { number, keys: names.map(reader.parseKey) });
}

function wrap(letter: string, sub: Miniscript, text: string): Miniscript {
  const zero = make('0', {});
  switch (letter) {
    case 't':
      return make('and_v', { subs: [sub, make('1', {})] }, text);
    case 'l':
      return make('or_i', { subs: [zero, sub] }, text);
    case 'u':
      return make('or_i', { subs: [sub, zero] }, text);
    default:
      return make(`wrap_${letter}` as Wrapper, { subs: [sub] }, text);
  }
}

type Parts = Partial<Pick<Miniscript, 'number' | 'keys' | 'hash' | 'subs'>>;

function make(fragment: Fragment, parts: Parts, text: string = fragment): Miniscript {
  const { number = 0, keys = [], hash = EMPTY_BYTES, subs = [] } = parts;
  const type = typeOf(
    fragment,
    number,
    subs.map((sub) => sub.type),
  );
  if (type === undefined) throw invalidDescriptor(`${text} is invalid`);
  return { fragment, number, keys, hash, subs, type };
}

const typed = (base: MiniscriptType['base'], properties: string): MiniscriptType => ({
  base,
  z: properties.includes('z'),
  o: properties.includes('o'),
  n: properties.includes('n'),
  d: properties.includes('d'),
  u: properties.includes('u'),
});

/** The type of a fragment; undefined where its parts do not fit (BIP 379, "Correctness properties"). */
function typeOf(fragment: Fragment, k: number, subs: readonly MiniscriptType[]): MiniscriptType | undefined {
  const [x, y, third] = subs as readonly [MiniscriptType, MiniscriptType, MiniscriptType];
  switch (fragment) {
    case '0':
      return typed('B', 'zud');
    case '1':
      return typed('B', 'zu');
    case 'pk_k':
      return typed('K', 'ondu');
    case 'pk_h':
      return typed('K', 'ndu');
    case 'older':
    case 'after':
      return typed('B', 'z');
    case 'sha256':
    case 'hash256':
    case 'ripemd160':
    case 'hash160':
      return typed('B', 'ondu');
    case 'multi':
      return typed('B', 'ndu');
    case 'multi_a':
      return typed('B', 'du');
    case 'andor': {
      const fits = x.base === 'B' && x.d && x.u && y.base === third.base && y.base !== 'W';
      return fits
        ? {
            base: y.base,
            z: x.z && y.z && third.z,
            o: (x.z && y.o && third.o) || (x.o && y.z && third.z),
            n: false,
            d: third.d,
            u: y.u && third.u,
          }
        : undefined;
    }
    case 'and_v':
      return x.base === 'V' && y.base !== 'W'
        ? { ...both(x, y), base: y.base, n: x.n || (x.z && y.n), d: false, u: y.u }
        : undefined;
    case 'and_b':
      return x.base === 'B' && y.base === 'W'
        ? { ...both(x, y), base: 'B', n: x.n || (x.z && y.n), d: x.d && y.d, u: true }
        : undefined;
    case 'or_b':
      return x.base === 'B' && x.d && y.base === 'W' && y.d
        ? { ...both(x, y), base: 'B', n: false, d: true, u: true }
        : undefined;
    case 'or_c':
      return x.base === 'B' && x.d && x.u && y.base === 'V'
        ? { base: 'V', z: x.z && y.z, o: x.o && y.z, n: false, d: false, u: false }
        : undefined;
    case 'or_d':
      return x.base === 'B' && x.d && x.u && y.base === 'B'
        ? { base: 'B', z: x.z && y.z, o: x.o && y.z, n: false, d: y.d, u: y.u }
        : undefined;
    case 'or_i':
      return x.base === y.base && x.base !== 'W'
        ? { base: x.base, z: false, o: x.z && y.z, n: false, d: x.d || y.d, u: x.u && y.u }
        : undefined;
    case 'thresh': {
      const fits = k >= 1 && subs.every((sub, i) => sub.base === (i === 0 ? 'B' : 'W') && sub.d && sub.u);
      const withArguments = subs.filter((sub) => !sub.z);
      const one = withArguments.length === 1 && withArguments[0]?.o === true;
      return fits
        ? { base: 'B', z: withArguments.length === 0, o: one, n: false, d: true, u: true }
        : undefined;
    }
    default:
      return wrapperType(fragment, x);
  }
}

const both = (x: MiniscriptType, y: MiniscriptType): Pick<MiniscriptType, 'z' | 'o'> => ({
  z: x.z && y.z,
  o: (x.o && y.z) || (x.z && y.o),
});

function wrapperType(wrapper: Wrapper, x: MiniscriptType): MiniscriptType | undefined {
  switch (wrapper) {
    case 'wrap_a':
      return x.base === 'B' ? { ...x, base: 'W', z: false, o: false, n: false } : undefined;
    case 'wrap_s':
      return x.base === 'B' && x.o ? { ...x, base: 'W', z: false, o: false, n: false } : undefined;
    case 'wrap_c':
      return x.base === 'K' ? { ...x, base: 'B', u: true } : undefined;
    case 'wrap_d':
      return x.base === 'V' && x.z ? typed('B', 'ondu') : undefined;
    case 'wrap_v':
      return x.base === 'B' ? { ...x, base: 'V', d: false, u: false } : undefined;
    case 'wrap_j':
      return x.base === 'B' && x.n ? { ...x, d: true } : undefined;
    case 'wrap_n':
      return x.base === 'B' ? { ...x, u: true } : undefined;
  }
}

const op = (text: string): Bytes => assembleScript(text);

/** Opcodes whose VERIFY form does without one more byte. */
const VERIFY_FORMS: ReadonlyMap<number, number> = new Map<number, number>([
  [OP.OP_EQUAL, OP.OP_EQUALVERIFY],
  [OP.OP_NUMEQUAL, OP.OP_NUMEQUALVERIFY],
  [OP.OP_CHECKSIG, OP.OP_CHECKSIGVERIFY],
  [OP.OP_CHECKMULTISIG, OP.OP_CHECKMULTISIGVERIFY],
]);

/** The script of an expression, with the keys of an index. */
export function compileMiniscript(node: Miniscript, index: number): Bytes {
  const { fragment, number, hash } = node;
  const keys = (): Bytes[] => node.keys.map((key) => key.derive(index).publicKey);
  const sub = (i: number): Bytes => compileMiniscript(node.subs[i] as Miniscript, index);
  const [key] = keys();
  switch (fragment) {
    case '0':
    case '1':
      return op(fragment);
    case 'pk_k':
      return encodePush(key as Bytes);
    case 'pk_h':
      return concatBytes(op('DUP HASH160'), encodePush(hash160(key as Bytes)), op('EQUALVERIFY'));
    case 'older':
      return concatBytes(pushNumber(number), op('CHECKSEQUENCEVERIFY'));
    case 'after':
      return concatBytes(pushNumber(number), op('CHECKLOCKTIMEVERIFY'));
    case 'sha256':
    case 'hash256':
    case 'ripemd160':
    case 'hash160':
      return concatBytes(
        op(`SIZE <20> EQUALVERIFY ${fragment.toUpperCase()}`),
        encodePush(hash),
        op('EQUAL'),
      );
    case 'multi':
      return concatBytes(
        pushNumber(number),
        ...keys().map(encodePush),
        pushNumber(node.keys.length),
        op('CHECKMULTISIG'),
      );
    case 'multi_a':
      return concatBytes(
        ...keys().map((one, i) => concatBytes(encodePush(one), op(i === 0 ? 'CHECKSIG' : 'CHECKSIGADD'))),
        pushNumber(number),
        op('NUMEQUAL'),
      );
    case 'andor':
      return concatBytes(sub(0), op('NOTIF'), sub(2), op('ELSE'), sub(1), op('ENDIF'));
    case 'and_v':
      return concatBytes(sub(0), sub(1));
    case 'and_b':
      return concatBytes(sub(0), sub(1), op('BOOLAND'));
    case 'or_b':
      return concatBytes(sub(0), sub(1), op('BOOLOR'));
    case 'or_c':
      return concatBytes(sub(0), op('NOTIF'), sub(1), op('ENDIF'));
    case 'or_d':
      return concatBytes(sub(0), op('IFDUP NOTIF'), sub(1), op('ENDIF'));
    case 'or_i':
      return concatBytes(op('IF'), sub(0), op('ELSE'), sub(1), op('ENDIF'));
    case 'thresh':
      return concatBytes(
        ...node.subs.map((_, i) => (i === 0 ? sub(i) : concatBytes(sub(i), op('ADD')))),
        pushNumber(number),
        op('EQUAL'),
      );
    case 'wrap_a':
      return concatBytes(op('TOALTSTACK'), sub(0), op('FROMALTSTACK'));
    case 'wrap_s':
      return concatBytes(op('SWAP'), sub(0));
    case 'wrap_c':
      return concatBytes(sub(0), op('CHECKSIG'));
    case 'wrap_d':
      return concatBytes(op('DUP IF'), sub(0), op('ENDIF'));
    case 'wrap_v':
      return verifyForm(node.subs[0] as Miniscript, sub(0));
    case 'wrap_j':
      return concatBytes(op('SIZE 0NOTEQUAL IF'), sub(0), op('ENDIF'));
    case 'wrap_n':
      return concatBytes(sub(0), op('0NOTEQUAL'));
  }
}

/** A script that fails where it would leave false: by its last opcode where that has such a form. */
function verifyForm(node: Miniscript, script: Bytes): Bytes {
  const form = endsWithCheck(node) ? VERIFY_FORMS.get(script[script.length - 1] as number) : undefined;
  if (form === undefined) return concatBytes(script, op('VERIFY'));
  const changed = script.slice();
  changed[changed.length - 1] = form;
  return changed;
}

/** Whether the last byte of the script is an opcode that checks, not data or a branch's end. */
function endsWithCheck({ fragment, subs }: Miniscript): boolean {
  switch (fragment) {
    case 'wrap_c':
    case 'multi':
    case 'multi_a':
    case 'thresh':
    case 'sha256':
    case 'hash256':
    case 'ripemd160':
    case 'hash160':
      return true;
    case 'and_v':
      return endsWithCheck(subs[1] as Miniscript);
    case 'wrap_s':
      return endsWithCheck(subs[0] as Miniscript);
    default:
      return false;
  }
}

/** What someone who wants to spend can provide. */
export type Satisfier = {
  readonly sign: (publicKey: Bytes) => Bytes | undefined;
  readonly preimage: (kind: HashFragment, hash: Bytes) => Bytes | undefined;
  readonly older: (lock: number) => boolean;
  readonly after: (lock: number) => boolean;
};

type Stack = readonly Bytes[] | undefined;
const TRUE: Bytes = Uint8Array.of(1);

const join = (...stacks: readonly Stack[]): Stack =>
  stacks.some((stack) => stack === undefined) ? undefined : stacks.flatMap((stack) => stack ?? []);
const sizeOf = (stack: readonly Bytes[]): number => stack.reduce((sum, { length }) => sum + length + 1, 0);
const cheaper = (a: Stack, b: Stack): Stack => {
  if (a === undefined || b === undefined) return a ?? b;
  return sizeOf(b) < sizeOf(a) ? b : a;
};

/**
 * The cheapest witness that satisfies an expression, its lowest element first; undefined when what
 * there is does not suffice.
 */
export function satisfyMiniscript(node: Miniscript, index: number, by: Satisfier): Stack {
  return solve(node, index, by).sat;
}

function solve(
  node: Miniscript,
  index: number,
  by: Satisfier,
): { readonly sat: Stack; readonly dsat: Stack } {
  const { fragment, number, hash } = node;
  const keys = node.keys.map((key) => key.derive(index).publicKey);
  const subs = node.subs.map((sub) => solve(sub, index, by));
  const [x, y, z] = subs as [(typeof subs)[0], (typeof subs)[0], (typeof subs)[0]];
  const [key] = keys;
  switch (fragment) {
    case '0':
      return { sat: undefined, dsat: [] };
    case '1':
      return { sat: [], dsat: undefined };
    case 'pk_k':
    case 'pk_h': {
      const signature = by.sign(key as Bytes);
      const shown = fragment === 'pk_h' ? [key as Bytes] : [];
      return { sat: signature && [signature, ...shown], dsat: [EMPTY_BYTES, ...shown] };
    }
    case 'older':
      return { sat: by.older(number) ? [] : undefined, dsat: undefined };
    case 'after':
      return { sat: by.after(number) ? [] : undefined, dsat: undefined };
    case 'sha256':
    case 'hash256':
    case 'ripemd160':
    case 'hash160': {
      const preimage = by.preimage(fragment, hash);
      return { sat: preimage && [preimage], dsat: [new Uint8Array(32)] };
    }
    case 'multi': {
      const signatures = keys
        .map(by.sign)
        .filter((one) => one !== undefined)
        .slice(0, number);
      return {
        sat: signatures.length < number ? undefined : [EMPTY_BYTES, ...signatures],
        dsat: Array.from({ length: number + 1 }, () => EMPTY_BYTES),
      };
    }
    case 'multi_a':
      return { sat: solveMultiA(keys, number, by), dsat: keys.map(() => EMPTY_BYTES) };
    case 'andor':
      return { sat: cheaper(join(y.sat, x.sat), join(z.sat, x.dsat)), dsat: join(z.dsat, x.dsat) };
    case 'and_v':
      return { sat: join(y.sat, x.sat), dsat: undefined };
    case 'and_b':
      return { sat: join(y.sat, x.sat), dsat: join(y.dsat, x.dsat) };
    case 'or_b':
      return { sat: cheaper(join(y.dsat, x.sat), join(y.sat, x.dsat)), dsat: join(y.dsat, x.dsat) };
    case 'or_c':
      return { sat: cheaper(x.sat, join(y.sat, x.dsat)), dsat: undefined };
    case 'or_d':
      return { sat: cheaper(x.sat, join(y.sat, x.dsat)), dsat: join(y.dsat, x.dsat) };
    case 'or_i':
      return {
        sat: cheaper(join(x.sat, [TRUE]), join(y.sat, [EMPTY_BYTES])),
        dsat: cheaper(join(x.dsat, [TRUE]), join(y.dsat, [EMPTY_BYTES])),
      };
    case 'thresh':
      return { sat: solveThresh(subs, number), dsat: join(...subs.map(({ dsat }) => dsat).reverse()) };
    case 'wrap_d':
      return { sat: join(x.sat, [TRUE]), dsat: [EMPTY_BYTES] };
    case 'wrap_v':
      return { sat: x.sat, dsat: undefined };
    case 'wrap_j':
      return { sat: x.sat, dsat: [EMPTY_BYTES] };
    default:
      return x;
  }
}

/** A signature or an empty element for each key, the last key's lowest. */
function solveMultiA(keys: readonly Bytes[], threshold: number, by: Satisfier): Stack {
  let missing = threshold;
  const stack = keys.map((key) => {
    const signature = missing > 0 ? by.sign(key) : undefined;
    if (signature !== undefined) missing--;
    return signature ?? EMPTY_BYTES;
  });
  return missing > 0 ? undefined : stack.reverse();
}

/** So many satisfied, those where that is cheapest against leaving them. */
function solveThresh(subs: readonly { readonly sat: Stack; readonly dsat: Stack }[], k: number): Stack {
  const order = subs
    .map(({ sat, dsat }, i) => ({
      i,
      cost: sat === undefined ? Infinity : dsat === undefined ? -Infinity : sizeOf(sat) - sizeOf(dsat),
    }))
    .sort((a, b) => a.cost - b.cost);
  const chosen = new Set(order.slice(0, k).map(({ i }) => i));
  return join(...subs.map(({ sat, dsat }, i) => (chosen.has(i) ? sat : dsat)).reverse());
}

/** How keys are written. */
export type ShowKey = (key: KeyExpression) => string;

/** The expression as text. */
export function formatMiniscript(node: Miniscript, show: ShowKey): string {
  const { fragment, number, keys, hash, subs } = node;
  const sub = (i: number): string => formatMiniscript(subs[i] as Miniscript, show);
  const names = keys.map((key) => show(key));
  if (fragment.startsWith('wrap_')) return formatWrapper(node, show);
  const is = (i: number, other: Fragment): boolean => subs[i]?.fragment === other;
  switch (fragment) {
    case '0':
    case '1':
      return fragment;
    case 'older':
    case 'after':
      return `${fragment}(${number})`;
    case 'sha256':
    case 'hash256':
    case 'ripemd160':
    case 'hash160':
      return `${fragment}(${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')})`;
    case 'pk_k':
    case 'pk_h':
      return `${fragment}(${names[0]})`;
    case 'multi':
    case 'multi_a':
      return `${fragment}(${[number, ...names].join(',')})`;
    case 'thresh':
      return `thresh(${[number, ...subs.map((_, i) => sub(i))].join(',')})`;
    case 'andor':
      if (is(2, '0')) return `and_n(${sub(0)},${sub(1)})`;
      return `andor(${sub(0)},${sub(1)},${sub(2)})`;
    case 'and_v':
      return is(1, '1') ? wrapText('t', sub(0)) : `and_v(${sub(0)},${sub(1)})`;
    case 'or_i':
      if (is(0, '0')) return wrapText('l', sub(1));
      return is(1, '0') ? wrapText('u', sub(0)) : `or_i(${sub(0)},${sub(1)})`;
    default:
      return `${fragment}(${sub(0)},${sub(1)})`;
  }
}

function formatWrapper({ fragment, subs }: Miniscript, show: ShowKey): string {
  const [inner] = subs as readonly [Miniscript];
  const text = formatMiniscript(inner, show);
  if (fragment === 'wrap_c' && (inner.fragment === 'pk_k' || inner.fragment === 'pk_h')) {
    return text.replace(/^pk_k/, 'pk').replace(/^pk_h/, 'pkh');
  }
  return wrapText(fragment.slice('wrap_'.length), text);
}

/** Wrappers stand together before one colon. */
function wrapText(letter: string, text: string): string {
  return /^[asctdvjnlu]+:/.test(text) ? `${letter}${text}` : `${letter}:${text}`;
}

/** All keys of an expression. */
export function miniscriptKeys(node: Miniscript): KeyExpression[] {
  return [...node.keys, ...node.subs.flatMap(miniscriptKeys)];
}
