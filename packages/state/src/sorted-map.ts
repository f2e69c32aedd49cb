import type { Bytes } from '@ninefold/base';
import { compareBytes } from '@ninefold/base';
import type { KeyRange } from './kv-store.ts';

/** A subtree: `size` counts its entries. */
type Tree<Value> = {
  readonly key: Bytes;
  readonly value: Value;
  readonly left: Tree<Value> | undefined;
  readonly right: Tree<Value> | undefined;
  readonly size: number;
};

// Weight-balanced trees, with the parameters that Hirai and Yamamoto proved sound ("Balancing
// weight-balanced trees", 2011): neither side weighs more than three times the other, and a double
// rotation is due when the inner grandchild weighs twice the outer one.
const DELTA = 3;
const GAMMA = 2;

/**
 * An immutable map from byte strings, in their bytewise order. Each change copies one path, so old
 * maps stay as they are and share the rest.
 *
 * @example SortedMap.empty<number>().set(Uint8Array.of(1), 7).get(Uint8Array.of(1)) // 7
 */
export class SortedMap<Value> {
  readonly #root: Tree<Value> | undefined;

  private constructor(root: Tree<Value> | undefined) {
    this.#root = root;
  }

  static empty<Value>(): SortedMap<Value> {
    return new SortedMap<Value>(undefined);
  }

  get size(): number {
    return weight(this.#root) - 1;
  }

  get(key: Bytes): Value | undefined {
    let tree = this.#root;
    while (tree !== undefined) {
      const order = compareBytes(key, tree.key);
      if (order === 0) return tree.value;
      tree = order < 0 ? tree.left : tree.right;
    }
    return undefined;
  }

  set(key: Bytes, value: Value): SortedMap<Value> {
    return new SortedMap(insert(this.#root, key, value));
  }

  delete(key: Bytes): SortedMap<Value> {
    const root = remove(this.#root, key);
    return root === this.#root ? this : new SortedMap(root);
  }

  /** Entries in order, all or those in `range`. */
  *entries(range: KeyRange = {}): Generator<readonly [key: Bytes, value: Value], void, undefined> {
    const { gte, lt, reverse = false, limit = Infinity } = range;
    const startsAfter = (key: Bytes): boolean =>
      reverse
        ? lt !== undefined && compareBytes(key, lt) >= 0
        : gte !== undefined && compareBytes(key, gte) < 0;
    const endsBefore = (key: Bytes): boolean =>
      reverse
        ? gte !== undefined && compareBytes(key, gte) < 0
        : lt !== undefined && compareBytes(key, lt) >= 0;

    // Trees whose own entry and far side are still to come, the next one last.
    const pending: Tree<Value>[] = [];
    for (let tree = this.#root; tree !== undefined;) {
      if (startsAfter(tree.key)) {
        tree = reverse ? tree.left : tree.right;
      } else {
        pending.push(tree);
        tree = reverse ? tree.right : tree.left;
      }
    }
    for (let left = limit; left > 0; left--) {
      const tree = pending.pop();
      if (tree === undefined || endsBefore(tree.key)) return;
      yield [tree.key, tree.value];
      let next = reverse ? tree.left : tree.right;
      while (next !== undefined) {
        pending.push(next);
        next = reverse ? next.right : next.left;
      }
    }
  }
}

function weight(tree: Tree<unknown> | undefined): number {
  return tree === undefined ? 1 : tree.size + 1;
}

function join<Value>(
  key: Bytes,
  value: Value,
  left: Tree<Value> | undefined,
  right: Tree<Value> | undefined,
): Tree<Value> {
  return { key, value, left, right, size: weight(left) + weight(right) - 1 };
}

/** As {@link join} when one side may have become too heavy by one entry. */
function balance<Value>(
  key: Bytes,
  value: Value,
  left: Tree<Value> | undefined,
  right: Tree<Value> | undefined,
): Tree<Value> {
  if (right !== undefined && weight(right) > DELTA * weight(left)) {
    const inner = right.left;
    if (inner === undefined || weight(inner) < GAMMA * weight(right.right)) {
      return join(right.key, right.value, join(key, value, left, inner), right.right);
    }
    const outer = join(right.key, right.value, inner.right, right.right);
    return join(inner.key, inner.value, join(key, value, left, inner.left), outer);
  }
  if (left !== undefined && weight(left) > DELTA * weight(right)) {
    const inner = left.right;
    if (inner === undefined || weight(inner) < GAMMA * weight(left.left)) {
      return join(left.key, left.value, left.left, join(key, value, inner, right));
    }
    const outer = join(left.key, left.value, left.left, inner.left);
    return join(inner.key, inner.value, outer, join(key, value, inner.right, right));
  }
  return join(key, value, left, right);
}

function insert<Value>(tree: Tree<Value> | undefined, key: Bytes, value: Value): Tree<Value> {
  if (tree === undefined) return { key, value, left: undefined, right: undefined, size: 1 };
  const order = compareBytes(key, tree.key);
  if (order < 0) return balance(tree.key, tree.value, insert(tree.left, key, value), tree.right);
  if (order > 0) return balance(tree.key, tree.value, tree.left, insert(tree.right, key, value));
  return join(key, value, tree.left, tree.right);
}

function remove<Value>(tree: Tree<Value> | undefined, key: Bytes): Tree<Value> | undefined {
  if (tree === undefined) return undefined;
  const { left, right } = tree;
  const order = compareBytes(key, tree.key);
  if (order < 0) {
    const rest = remove(left, key);
    return rest === left ? tree : balance(tree.key, tree.value, rest, right);
  }
  if (order > 0) {
    const rest = remove(right, key);
    return rest === right ? tree : balance(tree.key, tree.value, left, rest);
  }
  if (left === undefined) return right;
  if (right === undefined) return left;
  const next = first(right);
  return balance(next.key, next.value, left, withoutFirst(right));
}

function first<Value>(tree: Tree<Value>): Tree<Value> {
  let leftmost = tree;
  while (leftmost.left !== undefined) leftmost = leftmost.left;
  return leftmost;
}

function withoutFirst<Value>({ key, value, left, right }: Tree<Value>): Tree<Value> | undefined {
  return left === undefined ? right : balance(key, value, withoutFirst(left), right);
}
