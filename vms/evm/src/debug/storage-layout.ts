import type { Bytes, Hex } from '@ninefold/base';
import { bytesToBigint, bytesToHex, bytesToUtf8, hexToBytes } from '@ninefold/base';
import { MAX_NAME_LENGTH, wordValue } from './abi.ts';

type Variable = {
  readonly label: string;
  readonly slot: bigint;
  readonly offset: number;
  readonly type: string;
};

type LayoutType = {
  readonly label: string;
  readonly encoding: string;
  readonly bytes: number;
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly base: string | undefined;
  readonly members: readonly Variable[];
};

/** solc's `storageLayout` of one contract. */
export type StorageLayout = {
  readonly variables: readonly Variable[];
  readonly types: ReadonlyMap<string, LayoutType>;
};

/** A variable, or a part of one, that lives in a slot. */
export type SlotPart = {
  readonly label: string;
  readonly type: string;
  /** Bytes of the slot, counted from its low end. */
  readonly offset: number;
  readonly size: number;
};

/** Nested mappings and structs beyond this are not named. */
const MAX_NESTING = 8;
/** Slots behind the first of a struct or array element that are still told to belong to it. */
const MAX_SPREAD = 64n;
const WORD = 32;

/** Reads solc's JSON; undefined when it is none. */
export function parseStorageLayout(json: unknown): StorageLayout | undefined {
  const { storage, types } = record(json);
  if (!Array.isArray(storage)) return undefined;
  const parsed = new Map(
    Object.entries(record(types)).map(([name, value]) => {
      const { label, encoding, numberOfBytes, key, value: inner, base, members } = record(value);
      return [
        name,
        {
          label: text(label) ?? name,
          encoding: text(encoding) ?? 'inplace',
          bytes: Number(numberOfBytes) || WORD,
          key: text(key),
          value: text(inner),
          base: text(base),
          members: variables(members),
        },
      ] as const;
    }),
  );
  return { variables: variables(storage), types: parsed };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function variables(value: unknown): readonly Variable[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    const { label, slot, offset, type } = record(entry);
    if (typeof label !== 'string' || typeof type !== 'string' || !/^\d{1,78}$/.test(String(slot))) return [];
    return [
      {
        label: label.slice(0, MAX_NAME_LENGTH),
        slot: BigInt(String(slot)),
        offset: Number(offset) || 0,
        type,
      },
    ];
  });
}

/**
 * Names storage slots by a layout. Slots of mappings and dynamic arrays are hashes: what was hashed while
 * the program ran tells which key they belong to.
 *
 * @param preimages 32-byte hash -> what was hashed
 */
export class SlotNames {
  readonly #layout: StorageLayout;
  readonly #preimages: ReadonlyMap<Hex, Bytes>;
  readonly #known = new Map<Hex, readonly SlotPart[]>();

  constructor(layout: StorageLayout, preimages: ReadonlyMap<Hex, Bytes>) {
    this.#layout = layout;
    this.#preimages = preimages;
  }

  /** The variables in a slot, those at its low end first; none when it is not known. */
  parts(slot: Hex): readonly SlotPart[] {
    let parts = this.#known.get(slot);
    if (parts === undefined) {
      parts = this.#find(BigInt(slot));
      this.#known.set(slot, parts);
    }
    return parts;
  }

  #find(slot: bigint): readonly SlotPart[] {
    const { variables } = this.#layout;
    const direct = variables.flatMap((variable) => this.#within(variable, '', 0n, slot, 0));
    if (direct.length > 0) return direct;
    for (let back = 0n; back <= MAX_SPREAD && back <= slot; back++) {
      const preimage = this.#preimages.get(hexWord(slot - back));
      if (preimage === undefined) continue;
      const named = this.#hashed(preimage, 0);
      if (named === undefined) continue;
      return this.#inside(named.label, named.type, back, named.isArray, 0);
    }
    return [];
  }

  /** What a hash that a mapping or dynamic array begins at stands for. */
  #hashed(
    preimage: Bytes,
    depth: number,
  ): { readonly label: string; readonly type: string; readonly isArray: boolean } | undefined {
    if (depth > MAX_NESTING || preimage.length < WORD) return undefined;
    const base = preimage.subarray(preimage.length - WORD);
    const key = preimage.subarray(0, preimage.length - WORD);
    const owner = this.#ownerOf(base, depth);
    const type = owner === undefined ? undefined : this.#layout.types.get(owner.type);
    if (owner === undefined || type === undefined) return undefined;
    if (type.encoding === 'mapping' && type.value !== undefined && key.length > 0) {
      return {
        label: `${owner.label}[${this.#keyText(type.key ?? '', key)}]`,
        type: type.value,
        isArray: false,
      };
    }
    if (type.encoding === 'dynamic_array' && type.base !== undefined && key.length === 0) {
      return { label: owner.label, type: type.base, isArray: true };
    }
    return undefined;
  }

  /** The variable whose own slot is `base`: declared there, or itself inside a mapping. */
  #ownerOf(base: Bytes, depth: number): { readonly label: string; readonly type: string } | undefined {
    const slot = bytesToBigint(base);
    for (const variable of this.#layout.variables) {
      if (variable.slot === slot) return variable;
      const inner = this.#memberAt(variable.label, variable.type, slot - variable.slot, 0);
      if (inner !== undefined) return inner;
    }
    for (let back = 0n; back <= MAX_SPREAD && back <= slot; back++) {
      const preimage = this.#preimages.get(hexWord(slot - back));
      const named = preimage === undefined ? undefined : this.#hashed(preimage, depth + 1);
      if (named === undefined) continue;
      if (back === 0n) return named;
      return this.#memberAt(named.label, named.type, back, 0);
    }
    return undefined;
  }

  #memberAt(
    label: string,
    type: string,
    back: bigint,
    depth: number,
  ): { readonly label: string; readonly type: string } | undefined {
    if (back < 0n || depth > MAX_NESTING) return undefined;
    for (const member of this.#layout.types.get(type)?.members ?? []) {
      if (member.slot === back) return { label: `${label}.${member.label}`, type: member.type };
    }
    return undefined;
  }

  /** Parts of a value that begins `back` slots before the one asked for. */
  #inside(label: string, type: string, back: bigint, isArray: boolean, depth: number): readonly SlotPart[] {
    const known = this.#layout.types.get(type);
    if (known === undefined || depth > MAX_NESTING) return [];
    const slots = BigInt(Math.max(1, Math.ceil(known.bytes / WORD)));
    if (isArray && known.bytes < WORD) {
      const each = Math.floor(WORD / known.bytes);
      return Array.from({ length: each }, (_, i) => ({
        label: `${label}[${back * BigInt(each) + BigInt(i)}]`,
        type: known.label,
        offset: i * known.bytes,
        size: known.bytes,
      }));
    }
    const index = isArray ? back / slots : 0n;
    const rest = isArray ? back % slots : back;
    const name = isArray ? `${label}[${index}]` : label;
    return this.#within({ label: '', slot: 0n, offset: 0, type }, name, 0n, rest, depth);
  }

  #within(
    variable: Variable,
    prefix: string,
    base: bigint,
    slot: bigint,
    depth: number,
  ): readonly SlotPart[] {
    const type = this.#layout.types.get(variable.type);
    if (type === undefined || depth > MAX_NESTING) return [];
    const start = base + variable.slot;
    const slots = BigInt(Math.max(1, Math.ceil(type.bytes / WORD)));
    if (slot < start || slot >= start + slots) return [];
    const label = [prefix, variable.label].filter((part) => part !== '').join('.');
    if (type.members.length > 0) {
      return type.members.flatMap((member) => this.#within(member, label, start, slot, depth + 1));
    }
    if (type.encoding === 'inplace' && type.base !== undefined) {
      return this.#inside(label, type.base, slot - start, true, depth + 1);
    }
    return [{ label, type: type.label, offset: variable.offset, size: Math.min(type.bytes, WORD) }];
  }

  #keyText(type: string, key: Bytes): string {
    const label = this.#layout.types.get(type)?.label ?? '';
    if (label === 'string') return JSON.stringify(bytesToUtf8(key));
    if (label === 'bytes' || key.length !== WORD) return bytesToHex(key);
    const value = String(wordValue(label, key));
    return value.length > 20 && value.startsWith('0x') ? `${value.slice(0, 6)}…${value.slice(-4)}` : value;
  }
}

/** The value of a part of a slot in words; strings that fit into it are read, too. */
export function partValue({ type, offset, size }: SlotPart, word: Hex): string | boolean {
  const bytes = hexToBytes(word);
  if (type === 'string' || type === 'bytes') {
    const last = bytes[WORD - 1] as number;
    if (last % 2 === 1) return `${(bytesToBigint(bytes) - 1n) / 2n} bytes`;
    const data = bytes.subarray(0, Math.min(last / 2, WORD - 1));
    return type === 'string' ? bytesToUtf8(data) : bytesToHex(data);
  }
  const part = bytes.subarray(WORD - offset - size, WORD - offset);
  if (type.startsWith('mapping') || type.endsWith('[]')) return bytesToBigint(part).toString();
  return wordValue(type, part);
}

function hexWord(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
