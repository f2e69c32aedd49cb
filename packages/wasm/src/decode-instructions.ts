import type { Bytes } from '@ninefold/base';
import { unreachable } from '@ninefold/base';
import type { ByteReader } from './byte-reader.ts';
import type { ImmediateKind, OpName } from './spec/opcodes.ts';
import { OPCODE_BY_CODE } from './spec/opcodes.ts';
import type { ValueType } from './spec/types.ts';
import { EMPTY_BLOCK, VALUE_TYPE_BY_CODE } from './spec/types.ts';

/**
 * A number for indexes, labels, lanes, i32 and floats (their bits as a bigint, NaNs differ by them),
 * a bigint for i64, bytes for vectors, a name for types; undefined for the type of an empty block.
 */
export type Immediate = number | bigint | Bytes | ValueType | undefined;

export type Instruction = {
  /** Offset of its code in the module. */
  readonly at: number;
  readonly name: OpName;
  readonly kind: ImmediateKind;
  /** In the order of the binary format; for accesses to memory: alignment (log2), offset, lane. */
  readonly immediates: readonly Immediate[];
};

/** Codes that are followed by a second, LEB128-coded part. */
const PREFIXES: ReadonlySet<number> = new Set([0xfc, 0xfd, 0xfe]);

/** @throws `WASM_MALFORMED` */
export function readInstruction(reader: ByteReader): Instruction {
  const { at } = reader;
  const first = reader.u8();
  const code = PREFIXES.has(first) ? first * 0x10000 + reader.u32() : first;
  const found = OPCODE_BY_CODE.get(code);
  if (found === undefined) return reader.fail(`unknown instruction 0x${code.toString(16)}`, at);
  const [name, kind] = found;
  return { at, name, kind, immediates: readImmediates(reader, kind) };
}

/**
 * The instructions of an expression up to and with the `end` that closes it.
 *
 * @throws `WASM_MALFORMED`
 */
export function* readExpression(reader: ByteReader): Generator<Instruction> {
  for (let depth = 1; depth > 0;) {
    const instruction = readInstruction(reader);
    if (instruction.kind === 'block') depth++;
    else if (instruction.name === 'end') depth--;
    yield instruction;
  }
}

function readImmediates(reader: ByteReader, kind: ImmediateKind): readonly Immediate[] {
  switch (kind) {
    case 'none':
      return [];
    case 'block':
      return [readBlockType(reader)];
    case 'label':
    case 'function':
    case 'local':
    case 'global':
    case 'table':
    case 'data':
    case 'element':
    case 'memoryIndex':
      return [reader.u32()];
    case 'labels':
      return [...reader.vector(() => reader.u32()), reader.u32()];
    case 'indirect':
    case 'dataMemory':
    case 'memoryMemory':
    case 'elementTable':
    case 'tableTable':
      return [reader.u32(), reader.u32()];
    case 'i32':
      return [Number(reader.signed(32))];
    case 'i64':
      return [reader.signed(64)];
    case 'f32':
      return [littleEndian(reader.raw(4))];
    case 'f64':
      return [littleEndian(reader.raw(8))];
    case 'v128':
    case 'shuffle':
      return [reader.raw(16)];
    case 'types':
      return reader.vector(() => readValueType(reader));
    case 'refType':
      return [readValueType(reader)];
    case 'fence':
    case 'lane2':
    case 'lane4':
    case 'lane8':
    case 'lane16':
      return [reader.u8()];
    case 'memory0':
    case 'memory1':
    case 'memory2':
    case 'memory3':
    case 'memory4':
      return [reader.u32(), reader.u32()];
    case 'memoryLane0':
    case 'memoryLane1':
    case 'memoryLane2':
    case 'memoryLane3':
      return [reader.u32(), reader.u32(), reader.u8()];
    default:
      return unreachable(kind);
  }
}

function littleEndian(bytes: Bytes): bigint {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  return value;
}

/** Nothing and single results share their first byte with negative numbers; types are positive. */
function readBlockType(reader: ByteReader): ValueType | number | undefined {
  const { at } = reader;
  const byte = reader.u8();
  if (byte === EMPTY_BLOCK) return undefined;
  const type = VALUE_TYPE_BY_CODE.get(byte);
  if (type !== undefined) return type;
  reader.at = at;
  const index = Number(reader.signed(33));
  return index < 0 ? reader.fail('invalid block type', at) : index;
}

export function readValueType(reader: ByteReader): ValueType {
  const { at } = reader;
  return VALUE_TYPE_BY_CODE.get(reader.u8()) ?? reader.fail('invalid value type', at);
}
