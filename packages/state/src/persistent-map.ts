/**
 * Nodes of a hash array mapped trie (Bagwell, "Ideal hash trees", 2001): each level looks at five
 * bits of the key's hash, and a node has slots only for the values that occur, as `bitmap` says.
 */
type Slot<Value> = Branch<Value> | Entry<Value> | Collision<Value>;

type Branch<Value> = {
  readonly kind: 'branch';
  readonly bitmap: number;
  readonly slots: readonly Slot<Value>[];
};

type Entry<Value> = {
  readonly kind: 'entry';
  readonly hash: number;
  readonly key: string;
  readonly value: Value;
};

/** Two entries or more whose keys have the same hash. */
type Collision<Value> = {
  readonly kind: 'collision';
  readonly hash: number;
  readonly entries: readonly Entry<Value>[];
};

const BITS = 5;
const MASK = 31;

/**
 * An immutable map from strings. A change copies the few nodes on one path and shares the rest, so
 * every version stays as it is: keeping one is a snapshot, in constant time. Entries come in no
 * particular order.
 *
 * PERF: hashing takes about 1 ns a character; beside that `get` costs two to three times a `Map`'s.
 *
 * @example
 * const one = PersistentMap.empty<number>().set('a', 1);
 * const two = one.set('a', 2);
 * one.get('a'); // 1
 */
export class PersistentMap<Value> {
  readonly #root: Slot<Value> | undefined;
  readonly size: number;

  private constructor(root: Slot<Value> | undefined, size: number) {
    this.#root = root;
    this.size = size;
  }

  static empty<Value>(): PersistentMap<Value> {
    return new PersistentMap<Value>(undefined, 0);
  }

  static from<Value>(entries: Iterable<readonly [key: string, value: Value]>): PersistentMap<Value> {
    let map = PersistentMap.empty<Value>();
    for (const [key, value] of entries) map = map.set(key, value);
    return map;
  }

  get(key: string): Value | undefined {
    return find(this.#root, key, hashOf(key))?.value;
  }

  has(key: string): boolean {
    return find(this.#root, key, hashOf(key)) !== undefined;
  }

  /** This very map when it has the key with the very value already. */
  set(key: string, value: Value): PersistentMap<Value> {
    const hash = hashOf(key);
    if (this.#root === undefined) return new PersistentMap<Value>({ kind: 'entry', hash, key, value }, 1);
    grown = 0;
    const root = insert(this.#root, hash, key, value, 0);
    return root === this.#root ? this : new PersistentMap(root, this.size + grown);
  }

  /** This very map when it does not have the key. */
  delete(key: string): PersistentMap<Value> {
    const hash = hashOf(key);
    if (this.#root === undefined || find(this.#root, key, hash) === undefined) return this;
    return new PersistentMap(remove(this.#root, hash, key, 0), this.size - 1);
  }

  *entries(): Generator<readonly [key: string, value: Value], void, undefined> {
    const pending = this.#root === undefined ? [] : [this.#root];
    for (let slot = pending.pop(); slot !== undefined; slot = pending.pop()) {
      if (slot.kind === 'entry') yield [slot.key, slot.value];
      else pending.push(...(slot.kind === 'branch' ? slot.slots : slot.entries));
    }
  }

  [Symbol.iterator](): Generator<readonly [key: string, value: Value], void, undefined> {
    return this.entries();
  }
}

function find<Value>(root: Slot<Value> | undefined, key: string, hash: number): Entry<Value> | undefined {
  let slot = root;
  for (let rest = hash; slot !== undefined; rest >>>= BITS) {
    if (slot.kind === 'entry') return slot.key === key ? slot : undefined;
    if (slot.kind === 'collision') return slot.entries.find((entry) => entry.key === key);
    const bit = 1 << (rest & MASK);
    if ((slot.bitmap & bit) === 0) return undefined;
    slot = slot.slots[indexOf(slot.bitmap, bit)];
  }
  return undefined;
}

/** What {@link insert} added to the number of entries, 0 or 1. */
let grown = 0;

/** `slot` with the entry; `slot` itself when it has it already. */
function insert<Value>(
  slot: Slot<Value>,
  hash: number,
  key: string,
  value: Value,
  shift: number,
): Slot<Value> {
  if (slot.kind === 'branch') {
    const { bitmap, slots } = slot;
    const bit = bitAt(hash, shift);
    const index = indexOf(bitmap, bit);
    if ((bitmap & bit) === 0) {
      grown = 1;
      const entry: Entry<Value> = { kind: 'entry', hash, key, value };
      return { kind: 'branch', bitmap: bitmap | bit, slots: withInserted(slots, index, entry) };
    }
    const old = slots[index] as Slot<Value>;
    const updated = insert(old, hash, key, value, shift + BITS);
    return updated === old ? slot : { kind: 'branch', bitmap, slots: withReplaced(slots, index, updated) };
  }
  if (slot.kind === 'entry' && slot.hash === hash && slot.key === key) {
    return slot.value === value ? slot : { kind: 'entry', hash, key, value };
  }
  const entry: Entry<Value> = { kind: 'entry', hash, key, value };
  if (slot.hash !== hash) {
    grown = 1;
    return fork(slot, entry, shift);
  }
  if (slot.kind === 'entry') {
    grown = 1;
    return { kind: 'collision', hash, entries: [slot, entry] };
  }
  const known = slot.entries.find((other) => other.key === key);
  if (known === undefined) grown = 1;
  else if (known.value === value) return slot;
  const others = slot.entries.filter((other) => other !== known);
  return { kind: 'collision', hash, entries: [...others, entry] };
}

/** The branches down to the level where the two hashes, which are not the same, part. */
function fork<Value>(
  slot: Entry<Value> | Collision<Value>,
  entry: Entry<Value>,
  shift: number,
): Branch<Value> {
  const a = bitAt(slot.hash, shift);
  const b = bitAt(entry.hash, shift);
  if (a === b) return { kind: 'branch', bitmap: a, slots: [fork(slot, entry, shift + BITS)] };
  const inOrder = indexOf(a | b, a) === 0;
  return { kind: 'branch', bitmap: a | b, slots: inOrder ? [slot, entry] : [entry, slot] };
}

/** `slot` without an entry it has. */
function remove<Value>(slot: Slot<Value>, hash: number, key: string, shift: number): Slot<Value> | undefined {
  if (slot.kind === 'entry') return undefined;
  if (slot.kind === 'collision') {
    const rest = slot.entries.filter((entry) => entry.key !== key);
    return rest.length === 1 ? rest[0] : { kind: 'collision', hash, entries: rest };
  }
  const { bitmap, slots } = slot;
  const bit = bitAt(hash, shift);
  const index = indexOf(bitmap, bit);
  const updated = remove(slots[index] as Slot<Value>, hash, key, shift + BITS);
  const rest = updated ? withReplaced(slots, index, updated) : slots.toSpliced(index, 1);
  // What is left alone moves up to where the branch was, so that equal maps have equal shapes.
  const [only] = rest;
  if (rest.length === 1 && only?.kind !== 'branch') return only;
  return { kind: 'branch', bitmap: updated ? bitmap : bitmap & ~bit, slots: rest };
}

function bitAt(hash: number, shift: number): number {
  return 1 << ((hash >>> shift) & MASK);
}

/** The place of `bit` among the slots: how many lower bits are set. */
function indexOf(bitmap: number, bit: number): number {
  let bits = bitmap & (bit - 1);
  bits -= (bits >>> 1) & 0x5555_5555;
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return (((bits + (bits >>> 4)) & 0x0f0f_0f0f) * 0x0101_0101) >>> 24;
}

// PERF: `slice` and loops: `with` and `toSpliced` are several times slower on short arrays.
function withReplaced<Item>(items: readonly Item[], index: number, item: Item): readonly Item[] {
  const copy = items.slice();
  copy[index] = item;
  return copy;
}

function withInserted<Item>(items: readonly Item[], index: number, item: Item): readonly Item[] {
  const copy: Item[] = [];
  for (let i = 0; i < index; i++) copy.push(items[i] as Item);
  copy.push(item);
  for (let i = index; i < items.length; i++) copy.push(items[i] as Item);
  return copy;
}

/** 32 bits in MurmurHash3's manner, four characters a step; the keys are not an adversary's to choose freely. */
function hashOf(key: string): number {
  const { length } = key;
  let hash = length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const word =
      key.charCodeAt(i) ^
      (key.charCodeAt(i + 1) << 8) ^
      (key.charCodeAt(i + 2) << 16) ^
      (key.charCodeAt(i + 3) << 24);
    hash = mix(hash, word);
  }
  for (; i < length; i++) hash = mix(hash, key.charCodeAt(i));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e_2d51);
  const rotated = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b87_3593);
  return (Math.imul((rotated << 13) | (rotated >>> 19), 5) + 0xe654_6b64) | 0;
}
