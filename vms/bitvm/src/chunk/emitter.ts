import { type Bytes, invariant } from '@ninefold/base';
import { encodePush, encodeScriptNumber, OP } from '@ninefold/vm-bitcoin-script';

/** A value on the stack, wherever it moves. */
export type Value = number & { readonly __value: unique symbol };

/**
 * Writes a script while it keeps track of the stack: values are named, and where they lie is found out
 * when they are used. A script has no variables, but what writes it does.
 *
 * @example
 * const script = new Emitter();
 * const [a, b] = script.take(2); // the two items the script starts with, b on top
 * script.compute(2, OP.OP_ADD, [a, b]);
 */
export class Emitter {
  #bytes: Uint8Array = new Uint8Array(4096);
  #length = 0;
  #next = 0;
  readonly #stack: Value[] = [];
  readonly #alt: Value[] = [];
  #highest = 0;

  /** Items on both stacks now, and the most there ever were. */
  get depth(): number {
    return this.#stack.length + this.#alt.length;
  }

  get highest(): number {
    return this.#highest;
  }

  /** The script so far. */
  finish(): Bytes {
    return this.#bytes.slice(0, this.#length);
  }

  #raw(bytes: ArrayLike<number>): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const grown = new Uint8Array(2 * (this.#bytes.length + bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #number(value: number): void {
    if (value === 0) this.#raw([OP.OP_0]);
    else if (value <= 16) this.#raw([OP.OP_1 - 1 + value]);
    else this.#raw(encodePush(encodeScriptNumber(value)));
  }

  #push(): Value {
    const value = this.#next++ as Value;
    this.#stack.push(value);
    this.#highest = Math.max(this.#highest, this.depth);
    return value;
  }

  #depthOf(value: Value): number {
    const index = this.#stack.lastIndexOf(value);
    invariant(index >= 0, 'a value that is used is on the stack');
    return this.#stack.length - 1 - index;
  }

  /** The value on top. */
  top(): Value {
    return this.#stack[this.#stack.length - 1] as Value;
  }

  /** Names items that lie on the stack already, the last one on top. */
  take(count: number): readonly Value[] {
    return Array.from({ length: count }, () => this.#push());
  }

  /**
   * Puts a part of a script that is written elsewhere. It takes items off the top and leaves others.
   *
   * @param room items it needs besides for a while
   */
  inline(part: Bytes, takes: number, leaves: number, room: number): readonly Value[] {
    this.#highest = Math.max(this.#highest, this.depth + room);
    this.#raw(part);
    this.#stack.length -= takes;
    return this.take(leaves);
  }

  constant(value: number): Value {
    this.#number(value);
    return this.#push();
  }

  /** A copy of a value on top. */
  copy(value: Value): Value {
    const depth = this.#depthOf(value);
    if (depth === 0) this.#raw([OP.OP_DUP]);
    else if (depth === 1) this.#raw([OP.OP_OVER]);
    else {
      this.#number(depth);
      this.#raw([OP.OP_PICK]);
    }
    return this.#push();
  }

  /** Moves a value to the top. */
  raise(value: Value): Value {
    const depth = this.#depthOf(value);
    if (depth === 1) this.#raw([OP.OP_SWAP]);
    else if (depth === 2) this.#raw([OP.OP_ROT]);
    else if (depth > 2) {
      this.#number(depth);
      this.#raw([OP.OP_ROLL]);
    }
    this.#stack.splice(this.#stack.length - 1 - depth, 1);
    this.#stack.push(value);
    return value;
  }

  /** Takes a value off the stack. */
  drop(value: Value): void {
    const depth = this.#depthOf(value);
    if (depth === 1) this.#raw([OP.OP_NIP]);
    else {
      this.raise(value);
      this.#raw([OP.OP_DROP]);
    }
    this.#stack.splice(this.#stack.length - 1 - (depth === 1 ? 1 : 0), 1);
  }

  /** Instructions that make one value of the `takes` on top. */
  op(takes: number, ...codes: readonly number[]): Value {
    this.#raw(codes);
    this.#stack.length -= takes;
    return this.#push();
  }

  /**
   * The item of a table that the number on top names.
   *
   * @param table its first item; the further ones lie below it
   */
  lookUp(table: Value): Value {
    // The number is counted by the depth of the table, and taken off before the item is picked.
    this.#highest = Math.max(this.#highest, this.depth + 1);
    this.#number(this.#depthOf(table) - 1);
    this.#raw([OP.OP_ADD, OP.OP_PICK]);
    this.#stack.pop();
    return this.#push();
  }

  /** Puts constants on the stack; {@link lookUp} finds them by their index. */
  table(items: readonly number[]): Value {
    let first: Value | undefined;
    for (let i = items.length - 1; i >= 0; i--) first = this.constant(items[i] as number);
    invariant(first !== undefined, 'a table has items');
    return first;
  }

  /** Moves the value on top to the other stack, where values wait in reverse. */
  stash(): void {
    this.#raw([OP.OP_TOALTSTACK]);
    this.#alt.push(this.#stack.pop() as Value);
  }

  unstash(): Value {
    this.#raw([OP.OP_FROMALTSTACK]);
    const value = this.#alt.pop() as Value;
    this.#stack.push(value);
    return value;
  }

  /** Leaves nothing but one value, on top of an otherwise empty stack. */
  leaveOnly(value: Value): void {
    this.raise(value);
    this.stash();
    for (; this.#stack.length > 1; this.#stack.length -= 2) this.#raw([OP.OP_2DROP]);
    if (this.#stack.length === 1) {
      this.#raw([OP.OP_DROP]);
      this.#stack.length = 0;
    }
    this.unstash();
  }
}
