import { ByteWriter } from './byte-writer.ts';
import { fail } from './errors.ts';
import type { Immediates, InstructionTarget, MethodName, PlainOpName, Reference } from './instructions.ts';
import { defineInstructions, REFERENCES } from './instructions.ts';
import { OPCODES } from './spec/opcodes.ts';
import type { FunctionType, ValueType } from './spec/types.ts';
import { EMPTY_BLOCK, VALUE_TYPES } from './spec/types.ts';

/** Nothing, one result, or the index of a type with parameters and results. */
export type BlockType = ValueType | number | undefined;

/** A block that branches can name while it is open. */
export type Label = {
  /** Blocks around it. */
  readonly height: number;
};

type Control = {
  /** Index of the function. */
  readonly index: number;
  /** The whole body: a branch to it returns. */
  readonly body: Label;
  /** Adds a local and returns its index; parameters come first. The name is for debuggers. */
  readonly local: (type: ValueType, name?: string) => number;
  readonly block: (type?: BlockType) => Label;
  /** A branch to a loop goes back to its begin. */
  readonly loop: (type?: BlockType) => Label;
  readonly if: (type?: BlockType) => Label;
  /** @throws `WASM_NO_OPEN_BLOCK` */
  readonly else: () => FunctionBuilder;
  /** Closes the innermost block; the body itself closes by itself. @throws `WASM_NO_OPEN_BLOCK` */
  readonly end: () => FunctionBuilder;
  /** @throws `WASM_UNKNOWN_LABEL` when the block is not open */
  readonly br: (label: Label) => FunctionBuilder;
  readonly br_if: (label: Label) => FunctionBuilder;
  readonly br_table: (labels: readonly Label[], fallback: Label) => FunctionBuilder;
};

/**
 * Writes one function, instruction by instruction: a method each, called like it with `_` for `.`
 * (`i32_add()`, `local_get(0)`, `i64_load(8)`, `i8x16_shuffle(lanes)`). Misuse that can be seen at
 * once throws `WASM_UNKNOWN_INDEX` or `WASM_CONSTANT_RANGE`; types of operands are left to the engine.
 *
 * @example
 * const top = f.loop();
 * f.local_get(0).i32_const(1).i32_sub().local_tee(0).br_if(top);
 * f.end();
 */
export type FunctionBuilder = Control & {
  readonly [Name in PlainOpName as MethodName<Name>]: (...immediates: Immediates<Name>) => FunctionBuilder;
};

/** What the module encoder needs of a finished function. */
export type FinishedFunction = {
  readonly type: FunctionType;
  readonly name: string | undefined;
  readonly localNames: ReadonlyMap<number, string>;
  /** Locals and instructions as in the code section, without the size in front. */
  readonly encode: () => ByteWriter;
  /** The largest index used of each kind, -1 for none. */
  readonly largest: (kind: Reference) => number;
  /** The function as error messages name it. */
  readonly where: string;
};

type Block = Label & { kind: 'body' | 'block' | 'loop' | 'if' | 'else' };

const OP = {
  block: OPCODES.block[0],
  loop: OPCODES.loop[0],
  if: OPCODES.if[0],
  else: OPCODES.else[0],
  end: OPCODES.end[0],
  br: OPCODES.br[0],
  br_if: OPCODES.br_if[0],
  br_table: OPCODES.br_table[0],
} as const;

/** Control instructions by hand, all others through `defineInstructions`. */
class Body implements InstructionTarget, FinishedFunction {
  readonly code: ByteWriter = new ByteWriter();
  readonly index: number;
  readonly type: FunctionType;
  readonly name: string | undefined;
  readonly body: Block = { kind: 'body', height: 0 };
  readonly localNames: Map<number, string> = new Map();
  readonly #locals: ValueType[] = [];
  readonly #blocks: Block[] = [this.body];
  readonly #largest: number[] = REFERENCES.map(() => -1);
  readonly #countTypes: () => number;

  constructor(index: number, type: FunctionType, name: string | undefined, countTypes: () => number) {
    this.index = index;
    this.type = type;
    this.name = name;
    this.#countTypes = countTypes;
  }

  get where(): string {
    return this.name === undefined ? `function ${this.index}` : `function ${this.index} (${this.name})`;
  }

  local(type: ValueType, name?: string): number {
    const index = this.type.params.length + this.#locals.length;
    this.#locals.push(type);
    if (name !== undefined) this.localNames.set(index, name);
    return index;
  }

  block(type?: BlockType): Label {
    return this.#open('block', OP.block, type);
  }

  loop(type?: BlockType): Label {
    return this.#open('loop', OP.loop, type);
  }

  if(type?: BlockType): Label {
    return this.#open('if', OP.if, type);
  }

  else(): this {
    const open = this.#blocks.at(-1) as Block;
    if (open.kind !== 'if') throw fail('WASM_NO_OPEN_BLOCK', { where: this.where, wanted: 'if' });
    // The label stays: branches out of either arm go to the same place.
    open.kind = 'else';
    this.code.u8(OP.else);
    return this;
  }

  end(): this {
    if (this.#blocks.length === 1) throw fail('WASM_NO_OPEN_BLOCK', { where: this.where, wanted: 'block' });
    this.#blocks.pop();
    this.code.u8(OP.end);
    return this;
  }

  br(label: Label): this {
    const depth = this.#depth(label);
    this.code.u8(OP.br);
    this.code.u32(depth);
    return this;
  }

  br_if(label: Label): this {
    const depth = this.#depth(label);
    this.code.u8(OP.br_if);
    this.code.u32(depth);
    return this;
  }

  br_table(labels: readonly Label[], fallback: Label): this {
    const depths = labels.map((label) => this.#depth(label));
    const last = this.#depth(fallback);
    this.code.u8(OP.br_table);
    this.code.vector(depths, (depth) => this.code.u32(depth));
    this.code.u32(last);
    return this;
  }

  refer(kind: Reference, index: number): void {
    const at = REFERENCES.indexOf(kind);
    if (!(Number.isInteger(index) && index >= 0)) this.#unknown(kind, index, 0);
    if (index > (this.#largest[at] as number)) this.#largest[at] = index;
  }

  largest(kind: Reference): number {
    return this.#largest[REFERENCES.indexOf(kind)] as number;
  }

  checkLocal(index: number): void {
    const count = this.type.params.length + this.#locals.length;
    if (!(Number.isInteger(index) && index >= 0 && index < count)) this.#unknown('local', index, count);
  }

  checkType(index: number): void {
    const count = this.#countTypes();
    if (!(Number.isInteger(index) && index >= 0 && index < count)) this.#unknown('type', index, count);
  }

  encode(): ByteWriter {
    const open = this.#blocks.length - 1;
    if (open > 0) throw fail('WASM_UNCLOSED_BLOCK', { where: this.where, open });
    const out = new ByteWriter(this.code.length + 16);
    out.vector(runs(this.#locals), ([type, count]) => {
      out.u32(count);
      out.u8(VALUE_TYPES[type]);
    });
    out.raw(this.code.view());
    out.u8(OP.end);
    return out;
  }

  #open(kind: Block['kind'], op: number, type: BlockType): Block {
    if (typeof type === 'number') this.checkType(type);
    this.code.u8(op);
    if (type === undefined) this.code.u8(EMPTY_BLOCK);
    else if (typeof type === 'number') this.code.s32(type);
    else this.code.u8(VALUE_TYPES[type]);
    const block: Block = { kind, height: this.#blocks.length };
    this.#blocks.push(block);
    return block;
  }

  #depth(label: Label): number {
    if (this.#blocks[label.height] !== label) throw fail('WASM_UNKNOWN_LABEL', { where: this.where });
    return this.#blocks.length - 1 - label.height;
  }

  #unknown(kind: string, index: number, count: number): never {
    throw fail('WASM_UNKNOWN_INDEX', { kind, index, count, where: this.where });
  }
}

defineInstructions(Body.prototype, Object.keys(OP));

/** The builder of a function, and the same object as the encoder sees it. */
export function createFunctionBuilder(
  index: number,
  type: FunctionType,
  name: string | undefined,
  countTypes: () => number,
): { readonly builder: FunctionBuilder; readonly finished: FinishedFunction } {
  const body = new Body(index, type, name, countTypes);
  return { builder: body as unknown as FunctionBuilder, finished: body };
}

/** Equal neighbours together with their number. */
function runs(types: readonly ValueType[]): [type: ValueType, count: number][] {
  const found: [ValueType, number][] = [];
  for (const type of types) {
    const last = found.at(-1);
    if (last?.[0] === type) last[1]++;
    else found.push([type, 1]);
  }
  return found;
}
