import { type Bytes, bytesToHex, compareBytes, concatBytes, hexToBytes, isHex } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import {
  assembleScript,
  createTaprootOutput,
  encodePush,
  hash160,
  MAX_SCRIPT_ELEMENT_SIZE,
  pushNumber,
  TAPROOT_CONTROL_MAX_NODE_COUNT,
  TAPROOT_LEAF_TAPSCRIPT,
  type TaprootOutput,
  type TapTree,
} from '@ninefold/vm-bitcoin-script';
import { type AddressFormat, ADDRESS_FORMATS, addressToScript, scriptToAddress } from '../tx/address.ts';
import { CHECKSUM_LENGTH, descriptorChecksum, withChecksum } from './checksum.ts';
import { invalidDescriptor } from './errors.ts';
import {
  type DerivedKey,
  isPoint,
  type KeyContext,
  type KeyExpression,
  type KeyForm,
  parseKey,
} from './keys.ts';
import {
  compileMiniscript,
  formatMiniscript,
  type Miniscript,
  miniscriptKeys,
  parseMiniscript,
  type ShowKey,
} from './miniscript.ts';
import { splitArguments } from './split.ts';

/*
 * Output descriptors (BIP 380 to 387): which outputs are someone's, and how they are spent.
 */

/** Where an expression stands. */
type Place = 'top' | 'p2sh' | 'p2wsh' | 'tr';

type KeyNode = { readonly kind: 'pk' | 'pkh' | 'wpkh' | 'combo' | 'rawtr'; readonly key: KeyExpression };
type MultiNode = {
  readonly kind: 'multi' | 'sortedmulti' | 'multi_a' | 'sortedmulti_a';
  readonly threshold: number;
  readonly keys: readonly KeyExpression[];
};
type HashNode = { readonly kind: 'sh' | 'wsh'; readonly sub: DescriptorNode };
type TrNode = { readonly kind: 'tr'; readonly key: KeyExpression; readonly tree: TreeNode | undefined };
type FixedNode = { readonly kind: 'addr' | 'raw'; readonly script: Bytes; readonly text: string };
type MiniNode = { readonly kind: 'miniscript'; readonly script: Miniscript };

export type DescriptorNode = KeyNode | MultiNode | HashNode | TrNode | FixedNode | MiniNode;
/** Scripts of a Taproot output: one, or two trees. */
export type TreeNode = DescriptorNode | readonly [TreeNode, TreeNode];

/** One output of a descriptor, with what is needed to spend it. */
export type DescriptorOutput = {
  readonly scriptPubKey: Bytes;
  readonly redeemScript: Bytes | undefined;
  readonly witnessScript: Bytes | undefined;
  readonly taproot: { readonly internalKey: Bytes; readonly output: TaprootOutput } | undefined;
};

export type Descriptor = {
  readonly node: DescriptorNode;
  readonly isRange: boolean;
  /** Whether it says how to spend, not only what. */
  readonly isSolvable: boolean;
  readonly hasPrivate: boolean;
  readonly keys: readonly KeyExpression[];
  /** The outputs of an index: `combo` has up to four, all others one. */
  readonly outputs: (index: number) => readonly DescriptorOutput[];
  /** With the checksum. */
  readonly toText: (form?: KeyForm) => string;
};

const MAX_MULTI_KEYS = 20;
const MAX_BARE_MULTI_KEYS = 3;
const MAX_MULTI_A_KEYS = 999;

/**
 * Parses a descriptor.
 *
 * @param options `checksum: true` when it has to have one
 * @throws `DESCRIPTOR_INVALID`
 * @example parseDescriptor('wpkh(tpub…/0/*)', { format: ADDRESS_FORMATS.regtest }).outputs(7)
 */
export function parseDescriptor(
  text: string,
  options: { readonly format?: AddressFormat | undefined; readonly checksum?: boolean | undefined } = {},
): Descriptor {
  const { format = ADDRESS_FORMATS.regtest, checksum: required = false } = options;
  const [body, checksum, ...more] = text.split('#') as [string, string | undefined, ...string[]];
  if (more.length > 0) throw invalidDescriptor("Multiple '#' symbols");
  if (checksum === undefined && required) throw invalidDescriptor('Missing checksum');
  const computed = descriptorChecksum(body);
  if (computed === undefined) throw invalidDescriptor('Invalid characters in payload');
  if (checksum !== undefined && checksum.length !== CHECKSUM_LENGTH) {
    throw invalidDescriptor(`Expected 8 character checksum, not ${checksum.length} characters`);
  }
  if (checksum !== undefined && checksum !== computed) {
    throw invalidDescriptor(`Provided checksum '${checksum}' does not match computed checksum '${computed}'`);
  }
  return describe(parseNode(body, 'top', format), format);
}

function describe(node: DescriptorNode, format: AddressFormat): Descriptor {
  const keys = keysOf(node);
  // Answers name the descriptor of each coin: what it takes to derive a text is spent once.
  const texts = new Map<KeyForm, string>();
  return {
    node,
    keys,
    isRange: keys.some((key) => key.isRange),
    isSolvable: node.kind !== 'addr' && node.kind !== 'raw' && node.kind !== 'rawtr',
    hasPrivate: keys.some((key) => key.hasPrivate),
    outputs: (index) => outputsOf(node, index),
    toText: (form = 'public') => {
      let text = texts.get(form);
      if (text === undefined) {
        text = withChecksum(formatNode(node, (key) => key.toText(form), format));
        texts.set(form, text);
      }
      return text;
    },
  };
}

function networkOf({ hrp }: AddressFormat): 'main' | 'test' {
  return hrp === 'bc' ? 'main' : 'test';
}

function parseNode(text: string, place: Place, format: AddressFormat): DescriptorNode {
  const call = /^([a-z_]+)\((.*)\)$/s.exec(text);
  const [, name = '', inside = ''] = call ?? [];
  const context: KeyContext = {
    xOnly: place === 'tr',
    uncompressed: place === 'top' || place === 'p2sh',
    network: networkOf(format),
  };
  const only = (...places: readonly Place[]): boolean => places.includes(place);
  switch (name) {
    case 'pk':
    case 'pkh':
      if (name === 'pkh' && place === 'tr') break;
      return { kind: name, key: parseKey(inside, `${name}()`, context) };
    case 'combo':
      if (!only('top')) throw invalidDescriptor('Can only have combo() at top level');
      return { kind: 'combo', key: parseKey(inside, 'combo()', context) };
    case 'wpkh':
      if (!only('top', 'p2sh')) throw invalidDescriptor('Can only have wpkh() at top level or inside sh()');
      return { kind: 'wpkh', key: parseKey(inside, 'wpkh()', { ...context, uncompressed: false }) };
    case 'sh':
      if (!only('top')) throw invalidDescriptor('Can only have sh() at top level');
      return checkRedeemScript({ kind: 'sh', sub: parseNode(inside, 'p2sh', format) });
    case 'wsh':
      if (!only('top', 'p2sh')) throw invalidDescriptor('Can only have wsh() at top level or inside sh()');
      return { kind: 'wsh', sub: parseNode(inside, 'p2wsh', format) };
    case 'multi':
    case 'sortedmulti':
    case 'multi_a':
    case 'sortedmulti_a':
      return parseMulti(name, inside, place, context);
    case 'tr':
      if (!only('top')) throw invalidDescriptor('Can only have tr at top level');
      return parseTr(inside, format);
    case 'rawtr':
      if (!only('top')) throw invalidDescriptor('Can only have rawtr at top level');
      return {
        kind: 'rawtr',
        key: parseKey(inside, 'rawtr()', { ...context, xOnly: true, uncompressed: false }),
      };
    case 'addr':
      if (!only('top')) throw invalidDescriptor('Can only have addr() at top level');
      return { kind: 'addr', script: parseAddress(inside, format), text: inside };
    case 'raw':
      if (!only('top')) throw invalidDescriptor('Can only have raw() at top level');
      if (!isHex(`0x${inside}`)) throw invalidDescriptor('Raw script is not hex');
      return { kind: 'raw', script: hexToBytes(`0x${inside}`), text: inside };
    default:
  }
  if (place !== 'p2wsh' && place !== 'tr') {
    throw invalidDescriptor(
      place === 'p2sh' ? 'A function is needed within P2SH' : `'${text}' is not a valid descriptor function`,
    );
  }
  const script = parseMiniscript(text, {
    context: place === 'tr' ? 'tapscript' : 'p2wsh',
    parseKey: (key) => {
      const parsed = parseKey(key, `${name}()`, { ...context, uncompressed: false });
      return place === 'tr' ? asXOnly(parsed) : parsed;
    },
  });
  return { kind: 'miniscript', script };
}

function parseAddress(text: string, format: AddressFormat): Bytes {
  try {
    return addressToScript(text, format);
  } catch {
    throw invalidDescriptor('Address is not valid');
  }
}

function checkRedeemScript(node: HashNode): HashNode {
  if (node.sub.kind === 'multi' || node.sub.kind === 'sortedmulti') {
    const size = 3 + node.sub.keys.reduce((sum, key) => sum + (key.isUncompressed ? 66 : 34), 0);
    if (size > MAX_SCRIPT_ELEMENT_SIZE) {
      throw invalidDescriptor(`P2SH script is too large, ${size} bytes is larger than 520 bytes`);
    }
  }
  return node;
}

function parseMulti(kind: MultiNode['kind'], inside: string, place: Place, context: KeyContext): MultiNode {
  const isTapscript = kind.endsWith('_a');
  if (isTapscript !== (place === 'tr')) {
    throw invalidDescriptor(
      isTapscript
        ? 'Can only have multi_a/sortedmulti_a inside tr()'
        : 'Can only have multi/sortedmulti at top level, in sh(), or in wsh()',
    );
  }
  const [count = '', ...names] = splitArguments(inside);
  if (!/^\d{1,9}$/.test(count)) throw invalidDescriptor(`Multi threshold '${count}' is not valid`);
  const threshold = Number(count);
  const limit = isTapscript ? MAX_MULTI_A_KEYS : MAX_MULTI_KEYS;
  if (names.length < 1 || names.length > limit) {
    throw invalidDescriptor(
      `Cannot have ${names.length} keys in ${isTapscript ? 'multi_a' : 'multisig'}; must have between 1 and ${limit} keys, inclusive`,
    );
  }
  if (threshold < 1) {
    throw invalidDescriptor(`Multisig threshold cannot be ${threshold}, must be at least 1`);
  }
  if (threshold > names.length) {
    throw invalidDescriptor(
      `Multisig threshold cannot be larger than the number of keys; threshold is ${threshold} but only ${names.length} keys specified`,
    );
  }
  if (place === 'top' && names.length > MAX_BARE_MULTI_KEYS) {
    throw invalidDescriptor(`Cannot have ${names.length} pubkeys in bare multisig; only at most 3 pubkeys`);
  }
  return { kind, threshold, keys: names.map((key) => parseKey(key, 'Multi:', context)) };
}

function parseTr(inside: string, format: AddressFormat): TrNode {
  const [keyText = '', treeText, ...more] = splitArguments(inside);
  if (more.length > 0) throw invalidDescriptor('tr: expected one tree');
  const context = { xOnly: true, uncompressed: false, network: networkOf(format) };
  const key = parseKey(keyText, 'tr()', context);
  return { kind: 'tr', key, tree: treeText === undefined ? undefined : parseTree(treeText, format, 0) };
}

function parseTree(text: string, format: AddressFormat, depth: number): TreeNode {
  if (depth > TAPROOT_CONTROL_MAX_NODE_COUNT) {
    throw invalidDescriptor(`tr() supports at most ${TAPROOT_CONTROL_MAX_NODE_COUNT} nesting levels`);
  }
  if (!text.startsWith('{')) return parseNode(text, 'tr', format);
  const parts = text.endsWith('}') ? splitArguments(text.slice(1, -1)) : [];
  const [left, right] = parts;
  if (left === undefined || right === undefined || parts.length !== 2) {
    throw invalidDescriptor(`'${text}' is not a pair of scripts`);
  }
  return [parseTree(left, format, depth + 1), parseTree(right, format, depth + 1)];
}

export function isTreeBranch(tree: TreeNode): tree is readonly [TreeNode, TreeNode] {
  return Array.isArray(tree);
}

function treeLeaves(tree: TreeNode): DescriptorNode[] {
  return isTreeBranch(tree) ? [...treeLeaves(tree[0]), ...treeLeaves(tree[1])] : [tree];
}

function keysOf(node: DescriptorNode): KeyExpression[] {
  switch (node.kind) {
    case 'sh':
    case 'wsh':
      return keysOf(node.sub);
    case 'multi':
    case 'sortedmulti':
    case 'multi_a':
    case 'sortedmulti_a':
      return [...node.keys];
    case 'tr':
      return [node.key, ...(node.tree === undefined ? [] : treeLeaves(node.tree).flatMap(keysOf))];
    case 'miniscript':
      return miniscriptKeys(node.script);
    case 'addr':
    case 'raw':
      return [];
    default:
      return [node.key];
  }
}

const script = (head: string, data: Bytes, tail = ''): Bytes =>
  concatBytes(assembleScript(head), encodePush(data), assembleScript(tail));

/** The same keys by their x alone. */
function asXOnly(key: KeyExpression): KeyExpression {
  return {
    ...key,
    derive: (index) => {
      const derived = key.derive(index);
      return { ...derived, publicKey: toXOnly(derived.publicKey) };
    },
  };
}

const toXOnly = (key: Bytes): Bytes => (key.length === 32 ? key : key.slice(1, 33));

/** The script of an expression that is one by itself: in an output, behind a hash or in a leaf. */
export function scriptOf(node: DescriptorNode, index: number, inTaproot = false): Bytes {
  const shown = (key: KeyExpression): Bytes => {
    const { publicKey } = key.derive(index);
    return inTaproot ? toXOnly(publicKey) : publicKey;
  };
  switch (node.kind) {
    case 'pk':
      return script('', shown(node.key), 'CHECKSIG');
    case 'pkh':
      return script('DUP HASH160', hash160(shown(node.key)), 'EQUALVERIFY CHECKSIG');
    case 'wpkh':
      return script('0', hash160(shown(node.key)));
    case 'multi':
    case 'sortedmulti': {
      const keys = node.keys.map(shown);
      if (node.kind === 'sortedmulti') keys.sort(compareBytes);
      return concatBytes(
        pushNumber(node.threshold),
        ...keys.map(encodePush),
        pushNumber(keys.length),
        assembleScript('CHECKMULTISIG'),
      );
    }
    case 'multi_a':
    case 'sortedmulti_a': {
      const keys = node.keys.map(shown);
      if (node.kind === 'sortedmulti_a') keys.sort(compareBytes);
      return concatBytes(
        ...keys.map((key, i) => script('', key, i === 0 ? 'CHECKSIG' : 'CHECKSIGADD')),
        pushNumber(node.threshold),
        assembleScript('NUMEQUAL'),
      );
    }
    case 'miniscript':
      return compileMiniscript(node.script, index);
    case 'addr':
    case 'raw':
      return node.script;
    default:
      return (outputsOf(node, index)[0] as DescriptorOutput).scriptPubKey;
  }
}

const plain = (scriptPubKey: Bytes): DescriptorOutput => ({
  scriptPubKey,
  redeemScript: undefined,
  witnessScript: undefined,
  taproot: undefined,
});

function behindHash(redeemScript: Bytes): DescriptorOutput {
  return { ...plain(script('HASH160', hash160(redeemScript), 'EQUAL')), redeemScript };
}

function outputsOf(node: DescriptorNode, index: number): readonly DescriptorOutput[] {
  switch (node.kind) {
    case 'sh': {
      if (node.sub.kind !== 'wsh') return [behindHash(scriptOf(node.sub, index))];
      const [inner] = outputsOf(node.sub, index) as readonly [DescriptorOutput];
      return [{ ...behindHash(inner.scriptPubKey), witnessScript: inner.witnessScript }];
    }
    case 'wsh': {
      const witnessScript = scriptOf(node.sub, index);
      return [{ ...plain(script('0', sha256(witnessScript))), witnessScript }];
    }
    case 'combo': {
      const { publicKey } = node.key.derive(index);
      const keyHash = hash160(publicKey);
      const bare = [
        plain(script('', publicKey, 'CHECKSIG')),
        plain(script('DUP HASH160', keyHash, 'EQUALVERIFY CHECKSIG')),
      ];
      if (publicKey.length !== 33) return bare;
      const witness = script('0', keyHash);
      return [...bare, plain(witness), behindHash(witness)];
    }
    case 'tr': {
      const internalKey = toXOnly(node.key.derive(index).publicKey);
      const tree = node.tree && tapTreeOf(node.tree, index);
      const output = createTaprootOutput(internalKey, tree);
      if (output === undefined) throw invalidDescriptor('The internal key is no point');
      return [{ ...plain(script('1', output.key)), taproot: { internalKey, output } }];
    }
    case 'rawtr':
      return [plain(script('1', toXOnly(node.key.derive(index).publicKey)))];
    default:
      return [plain(scriptOf(node, index))];
  }
}

function tapTreeOf(tree: TreeNode, index: number): TapTree {
  if (isTreeBranch(tree)) return [tapTreeOf(tree[0], index), tapTreeOf(tree[1], index)];
  return { script: scriptOf(tree, index, true), version: TAPROOT_LEAF_TAPSCRIPT };
}

/** The leaves of a Taproot descriptor's tree, in the order of its output's. */
export function leafNodes({ tree }: TrNode): readonly DescriptorNode[] {
  return tree === undefined ? [] : treeLeaves(tree);
}

/** All keys of an index. */
export function derivedKeys({ keys }: Descriptor, index: number): DerivedKey[] {
  return keys.map((key) => key.derive(index));
}

/** A descriptor's text without checksum, keys written as `show` does. */
export function formatNode(node: DescriptorNode, show: ShowKey, format: AddressFormat): string {
  switch (node.kind) {
    case 'sh':
    case 'wsh':
      return `${node.kind}(${formatNode(node.sub, show, format)})`;
    case 'multi':
    case 'sortedmulti':
    case 'multi_a':
    case 'sortedmulti_a': {
      const keys = node.keys.map((key) => show(key));
      return `${node.kind}(${[node.threshold, ...keys].join(',')})`;
    }
    case 'tr': {
      const tree = node.tree === undefined ? '' : `,${formatTree(node.tree, show, format)}`;
      return `tr(${show(node.key)}${tree})`;
    }
    case 'miniscript':
      return formatMiniscript(node.script, show);
    case 'addr':
      return `addr(${scriptToAddress(node.script, format) ?? node.text})`;
    case 'raw':
      return `raw(${bytesToHex(node.script).slice(2)})`;
    default:
      return `${node.kind}(${show(node.key)})`;
  }
}

function formatTree(tree: TreeNode, show: ShowKey, format: AddressFormat): string {
  if (!isTreeBranch(tree)) return formatNode(tree, show, format);
  return `{${formatTree(tree[0], show, format)},${formatTree(tree[1], show, format)}}`;
}

/** Whether 32 bytes are the x of a point. */
export function isXOnlyPoint(key: Bytes): boolean {
  return isPoint(concatBytes(Uint8Array.of(2), key));
}
