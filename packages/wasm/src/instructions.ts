import type { Bytes } from '@ninefold/base';
import { unreachable } from '@ninefold/base';
import type { ByteWriter } from './byte-writer.ts';
import { fail } from './errors.ts';

import type { ImmediateKind, OpName, OpRow } from './spec/opcodes.ts';
import { OPCODES } from './spec/opcodes.ts';
import type { ReferenceType, ValueType } from './spec/types.ts';
import { VALUE_TYPES } from './spec/types.ts';

/** Instructions that open, close or leave blocks: written by hand in the function builder. */
type ControlName = 'block' | 'loop' | 'if' | 'else' | 'end' | 'br' | 'br_if' | 'br_table';

type Underscored<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Name;

type Access = [offset?: number, alignLog2?: number];
type LaneAccess = [lane: number, offset?: number, alignLog2?: number];

/** The arguments of a builder method, by what stands behind the instruction's code. */
type Arguments = {
  none: [];
  fence: [];
  memoryIndex: [];
  memoryMemory: [];
  i32: [value: number];
  i64: [value: bigint | number];
  f32: [value: number];
  f64: [value: number];
  v128: [bytes: Bytes];
  shuffle: [lanes: readonly number[]];
  lane2: [lane: number];
  lane4: [lane: number];
  lane8: [lane: number];
  lane16: [lane: number];
  memory0: Access;
  memory1: Access;
  memory2: Access;
  memory3: Access;
  memory4: Access;
  memoryLane0: LaneAccess;
  memoryLane1: LaneAccess;
  memoryLane2: LaneAccess;
  memoryLane3: LaneAccess;
  local: [index: number];
  global: [index: number];
  function: [index: number];
  indirect: [type: number, table?: number];
  table: [table?: number];
  tableTable: [to?: number, from?: number];
  element: [index: number];
  elementTable: [element: number, table?: number];
  data: [index: number];
  dataMemory: [data: number];
  types: [type: ValueType];
  refType: [type: ReferenceType];
};

/** The instructions that have a method made from the table. */
export type PlainOpName = Exclude<OpName, ControlName>;

/** `i32_add` for `i32.add` */
export type MethodName<Name extends OpName> = Underscored<Name>;

/** What a method takes. */
export type Immediates<Name extends PlainOpName> = Arguments[(typeof OPCODES)[Name][1]];

/** What an instruction refers to; checked when the module is complete. */
export const REFERENCES = ['function', 'global', 'table', 'data', 'element', 'memory'] as const;
export type Reference = (typeof REFERENCES)[number];

/** What instructions need of the function they are written into. */
export type InstructionTarget = {
  readonly code: ByteWriter;
  /** Remembers that an index is used. */
  readonly refer: (kind: Reference, index: number) => void;
  /** Throws when the function has no such local. */
  readonly checkLocal: (index: number) => void;
  /** Throws when the module has no such type. */
  readonly checkType: (index: number) => void;
};

/** Writes the code of an instruction. */
export function writeOp(code: ByteWriter, op: number): void {
  if (op <= 0xff) {
    code.u8(op);
    return;
  }
  code.u8(op >>> 16);
  code.u32(op & 0xffff);
}

type Method = (this: InstructionTarget, ...immediates: never[]) => InstructionTarget;

/** Gives a builder's prototype one method for each row of the table, except control instructions. */
export function defineInstructions(prototype: object, skip: readonly string[]): void {
  for (const [name, [op, kind]] of Object.entries(OPCODES) as [OpName, OpRow][]) {
    const method = name.replaceAll('.', '_');
    if (skip.includes(method)) continue;
    Object.defineProperty(prototype, method, { value: methodOf(op, kind) });
  }
}

function methodOf(op: number, kind: ImmediateKind): Method {
  switch (kind) {
    case 'none':
      return plainMethod(op);
    case 'i32':
      return constantMethod(op, (code, value: number) => code.s32(checkInt32(value)));
    case 'i64':
      return constantMethod(op, (code, value: bigint | number) => code.s64(checkInt64(value)));
    case 'f32':
      return constantMethod(op, (code, value: number) => code.f32(value));
    case 'f64':
      return constantMethod(op, (code, value: number) => code.f64(value));
    case 'v128':
      return constantMethod(op, (code, value: Bytes) => code.raw(checkLanes(value, 'v128', 256)));
    case 'shuffle':
      return constantMethod(op, (code, lanes: readonly number[]) =>
        code.raw(checkLanes(lanes, 'shuffle', 32)),
      );
    case 'types':
      return constantMethod(op, (code, type: ValueType) => code.raw([1, VALUE_TYPES[type]]));
    case 'refType':
      return constantMethod(op, (code, type: ReferenceType) => code.u8(VALUE_TYPES[type]));
    case 'fence':
      return constantMethod(op, (code) => code.u8(0));
    case 'local':
      return function (index: number) {
        this.checkLocal(index);
        writeOp(this.code, op);
        this.code.u32(index);
        return this;
      };
    case 'function':
    case 'global':
    case 'element':
    case 'data':
      return indexMethod(op, kind);
    case 'indirect':
      return function (type: number, table = 0) {
        this.checkType(type);
        this.refer('table', table);
        writeOp(this.code, op);
        this.code.u32(type);
        this.code.u32(table);
        return this;
      };
    case 'table':
      return function (table = 0) {
        return writeIndexes(this, op, ['table', table]);
      };
    case 'tableTable':
      return function (to = 0, from = 0) {
        return writeIndexes(this, op, ['table', to], ['table', from]);
      };
    case 'elementTable':
      return function (element: number, table = 0) {
        return writeIndexes(this, op, ['element', element], ['table', table]);
      };
    case 'dataMemory':
      return function (data: number) {
        return writeIndexes(this, op, ['data', data], ['memory', 0]);
      };
    case 'memoryIndex':
      return function () {
        return writeIndexes(this, op, ['memory', 0]);
      };
    case 'memoryMemory':
      return function () {
        return writeIndexes(this, op, ['memory', 0], ['memory', 0]);
      };
    case 'lane2':
    case 'lane4':
    case 'lane8':
    case 'lane16': {
      const lanes = Number(kind.slice('lane'.length));
      return constantMethod(op, (code, lane: number) => code.u8(checkBelow(lane, lanes, 'lane')));
    }
    case 'memory0':
    case 'memory1':
    case 'memory2':
    case 'memory3':
    case 'memory4':
      return memoryMethod(op, Number(kind.slice('memory'.length)));
    case 'memoryLane0':
    case 'memoryLane1':
    case 'memoryLane2':
    case 'memoryLane3':
      return memoryLaneMethod(op, Number(kind.slice('memoryLane'.length)));
    case 'block':
    case 'label':
    case 'labels':
      throw new Error('control instructions are written by hand');
    default:
      return unreachable(kind);
  }
}

function plainMethod(op: number): Method {
  if (op > 0xff) {
    return function () {
      writeOp(this.code, op);
      return this;
    };
  }
  return function () {
    this.code.u8(op);
    return this;
  };
}

function constantMethod(op: number, write: (code: ByteWriter, value: never) => void): Method {
  return function (value: never) {
    writeOp(this.code, op);
    write(this.code, value);
    return this;
  };
}

function indexMethod(op: number, kind: Reference): Method {
  return function (index: number) {
    return writeIndexes(this, op, [kind, index]);
  };
}

function writeIndexes(
  target: InstructionTarget,
  op: number,
  ...indexes: readonly (readonly [kind: Reference, index: number])[]
): InstructionTarget {
  writeOp(target.code, op);
  for (const [kind, index] of indexes) {
    target.refer(kind, index);
    target.code.u32(index);
  }
  return target;
}

function memoryMethod(op: number, natural: number): Method {
  return function (offset = 0, alignLog2 = natural) {
    this.refer('memory', 0);
    writeOp(this.code, op);
    this.code.u32(checkBelow(alignLog2, natural + 1, 'alignment'));
    this.code.u32(checkBelow(offset, 2 ** 32, 'memory offset'));
    return this;
  };
}

function memoryLaneMethod(op: number, natural: number): Method {
  const writeAccess = memoryMethod(op, natural) as (
    this: InstructionTarget,
    offset: number,
    alignLog2: number,
  ) => InstructionTarget;
  return function (lane: number, offset = 0, alignLog2 = natural) {
    checkBelow(lane, 16 >>> natural, 'lane');
    writeAccess.call(this, offset, alignLog2);
    this.code.u8(lane);
    return this;
  };
}

/** A whole number in [0, limit). */
function checkBelow(value: number, limit: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value < limit) return value;
  throw fail('WASM_CONSTANT_RANGE', { what: `${what} below ${limit}`, value: String(value) });
}

/** Signed and unsigned values of 32 bits. */
export function checkInt32(value: number): number {
  if (Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32) return value | 0;
  throw fail('WASM_CONSTANT_RANGE', { what: '32-bit integer', value: String(value) });
}

/** Signed and unsigned values of 64 bits. */
export function checkInt64(value: bigint | number): bigint {
  return BigInt.asIntN(64, checkInteger(value, 64));
}

/** Signed and unsigned values of 128 bits, as unsigned ones. */
export function checkInt128(value: bigint | number): bigint {
  return BigInt.asUintN(128, checkInteger(value, 128));
}

function checkInteger(value: bigint | number, bits: number): bigint {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
    const integer = BigInt(value);
    if (integer >= -(2n ** BigInt(bits - 1)) && integer < 2n ** BigInt(bits)) return integer;
  }
  throw fail('WASM_CONSTANT_RANGE', { what: `${bits}-bit integer`, value: String(value) });
}

function checkLanes<Lanes extends Bytes | readonly number[]>(
  lanes: Lanes,
  what: string,
  limit: number,
): Lanes {
  if (lanes.length !== 16)
    throw fail('WASM_CONSTANT_RANGE', { what: `list of 16 lanes (${what})`, value: `${lanes.length} lanes` });
  for (const lane of lanes) checkBelow(lane, limit, what);
  return lanes;
}
