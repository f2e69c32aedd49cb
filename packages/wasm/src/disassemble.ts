import type { Bytes } from '@ninefold/base';
import { ByteReader } from './byte-reader.ts';
import type { Instruction } from './decode-instructions.ts';
import { readExpression, readInstruction } from './decode-instructions.ts';
import type { DecodedCode, DecodedElements, DecodedModule, ImportType } from './decode-module.ts';
import { decodeModule } from './decode-module.ts';
import type { FunctionType, Limits, MemoryType, ReferenceType, TableType, ValueType } from './spec/types.ts';

/**
 * The module in the text format, one line a definition or instruction, as `wasm2wat` lays it out.
 * Floats are decimal.
 *
 * @throws `WASM_MALFORMED`
 */
export function disassemble(bytes: Bytes): string {
  const module = decodeModule(bytes);
  const lines = [
    ...module.types.map((type, i) => `(type (;${i};) (func${signature(type)}))`),
    ...imports(module),
    ...functions(module),
    ...definitions(module),
  ];
  const { module: name } = module.names;
  const head = name === undefined ? '(module' : `(module $${name}`;
  return `${[head, ...lines.map((line) => `  ${line}`)].join('\n')})\n`;
}

/**
 * One instruction as text, without labels' comments.
 *
 * @example instructionText({ name: 'i32.const', … }) // 'i32.const 5'
 */
export function instructionText(instruction: Instruction, types: readonly FunctionType[] = []): string {
  const { name, kind, immediates } = instruction;
  const [first, second, third] = immediates;
  switch (kind) {
    case 'none':
    case 'fence':
    case 'memoryIndex':
    case 'memoryMemory':
      return name;
    case 'block':
      return `${name}${blockType(first as ValueType | number | undefined, types)}`;
    case 'indirect':
      return `${name}${second === 0 ? '' : ` ${String(second)}`} (type ${String(first)})`;
    case 'dataMemory':
      return `${name} ${String(first)}`;
    case 'elementTable':
      return `${name}${second === 0 ? '' : ` ${String(second)}`} ${String(first)}`;
    case 'tableTable':
      return first === 0 && second === 0 ? name : `${name} ${String(first)} ${String(second)}`;
    case 'f32':
      return `${name} ${floatText(first as bigint, 32)}`;
    case 'f64':
      return `${name} ${floatText(first as bigint, 64)}`;
    case 'v128':
      return `${name} i32x4 ${lanes(first as Bytes)}`;
    case 'shuffle':
      return `${name} ${(first as Bytes).join(' ')}`;
    case 'types':
      return `select (result ${immediates.join(' ')})`;
    case 'refType':
      return `${name} ${heapType(first as ReferenceType)}`;
    case 'memory0':
    case 'memory1':
    case 'memory2':
    case 'memory3':
    case 'memory4':
    case 'memoryLane0':
    case 'memoryLane1':
    case 'memoryLane2':
    case 'memoryLane3': {
      const natural = Number(kind.at(-1));
      const offset = second === 0 ? '' : ` offset=${String(second)}`;
      const align = first === natural ? '' : ` align=${String(2 ** Number(first))}`;
      return `${name}${offset}${align}${third === undefined ? '' : ` ${String(third)}`}`;
    }
    default:
      return `${name} ${immediates.join(' ')}`;
  }
}

/** The text of the instruction at an offset of the module, for error messages. @throws `WASM_MALFORMED` */
export function instructionAt(bytes: Bytes, at: number): string {
  return instructionText(readInstruction(new ByteReader(bytes, at)));
}

function imports(module: DecodedModule): string[] {
  const counts = { func: 0, table: 0, memory: 0, global: 0 };
  return module.imports.map(({ module: from, name, type }) => {
    const index = counts[type.kind]++;
    const id = type.kind === 'func' ? identifier(module.names.functions, index) : `(;${index};)`;
    return `(import ${quoted(from)} ${quoted(name)} (${type.kind} ${id} ${importType(type)}))`;
  });
}

function importType(type: ImportType): string {
  switch (type.kind) {
    case 'func':
      return `(type ${type.type})`;
    case 'table':
      return tableText(type);
    case 'memory':
      return memoryText(type);
    default:
      return globalText(type);
  }
}

function functions(module: DecodedModule): string[] {
  const imported = module.imports.filter(({ type }) => type.kind === 'func').length;
  return module.codes.flatMap((code, i) => {
    const type = module.functions[i] as number;
    const id = identifier(module.names.functions, imported + i);
    const head = `(func ${id} (type ${type})${signature(module.types[type] ?? { params: [], results: [] })}`;
    const locals = code.locals.length === 0 ? [] : [`(local ${code.locals.join(' ')})`];
    const lines = [...locals, ...bodyLines(module, code)].map((line) => `  ${line}`);
    lines.unshift(head);
    lines.push(`${lines.pop() as string})`);
    return lines;
  });
}

/** Instructions with the indentation of their blocks, without the final `end`. */
function bodyLines(module: DecodedModule, { start, end }: DecodedCode): string[] {
  const reader = new ByteReader(module.bytes, start, end);
  const lines: string[] = [];
  let depth = 0;
  for (const instruction of readExpression(reader)) {
    const { name, kind, immediates } = instruction;
    if (name === 'end' && depth === 0) break;
    const outdent = name === 'end' || name === 'else' ? 1 : 0;
    const indentation = '  '.repeat(Math.max(0, depth - outdent));
    const text = instructionText(instruction, module.types);
    if (kind === 'block') {
      depth++;
      lines.push(`${indentation}${text}  ;; label = @${depth}`);
    } else if (kind === 'label' || kind === 'labels') {
      const targets = immediates.map((label) => `${String(label)} (;@${depth - Number(label)};)`);
      lines.push(`${indentation}${name} ${targets.join(' ')}`);
    } else {
      if (name === 'end') depth--;
      lines.push(indentation + text);
    }
  }
  if (reader.at !== end) reader.fail('bytes behind the body');
  return lines;
}

function definitions(module: DecodedModule): string[] {
  const importedOf = (kind: string): number => module.imports.filter(({ type }) => type.kind === kind).length;
  const [tables, memories, globals] = [importedOf('table'), importedOf('memory'), importedOf('global')];
  return [
    ...module.tables.map((type, i) => `(table (;${tables + i};) ${tableText(type)})`),
    ...module.memories.map((type, i) => `(memory (;${memories + i};) ${memoryText(type)})`),
    ...module.globals.map(
      ({ type, value }, i) =>
        `(global ${identifier(module.names.globals, globals + i)} ${globalText(type)} ${constant(value)})`,
    ),
    ...module.exports.map(({ name, kind, index }) => `(export ${quoted(name)} (${kind} ${index}))`),
    ...(module.start === undefined ? [] : [`(start ${module.start})`]),
    ...module.elements.map((elements, i) => `(elem (;${i};)${elementsText(elements)})`),
    ...module.data.map(({ mode, memory, offset, bytes }, i) => {
      const place = memory === 0 ? '' : ` (memory ${memory})`;
      const active = mode === 'active' ? `${place} ${constant(offset)}` : '';
      return `(data (;${i};)${active} ${quotedBytes(bytes)})`;
    }),
  ];
}

function elementsText({ mode, table, offset, type, items }: DecodedElements): string {
  const place = table === 0 ? '' : ` (table ${table})`;
  const head = mode === 'active' ? `${place} ${constant(offset)}` : mode === 'declarative' ? ' declare' : '';
  if (items.every((item) => typeof item === 'number')) return `${head} func ${items.join(' ')}`.trimEnd();
  const expressions = items.map(
    (item) => ` ${typeof item === 'number' ? `(ref.func ${item})` : constant(item)}`,
  );
  return `${head} ${type}${expressions.join('')}`;
}

function constant(instructions: readonly Instruction[]): string {
  return instructions.map((instruction) => `(${instructionText(instruction)})`).join(' ');
}

function signature({ params, results }: FunctionType): string {
  const list = (word: string, types: readonly ValueType[]): string =>
    types.length === 0 ? '' : ` (${word} ${types.join(' ')})`;
  return list('param', params) + list('result', results);
}

function blockType(type: ValueType | number | undefined, types: readonly FunctionType[]): string {
  if (type === undefined) return '';
  if (typeof type === 'string') return ` (result ${type})`;
  const known = types[type];
  return known === undefined ? ` (type ${type})` : signature(known);
}

function identifier(names: ReadonlyMap<number, string>, index: number): string {
  const name = names.get(index);
  return name === undefined ? `(;${index};)` : `$${name} (;${index};)`;
}

function limits({ min, max }: Limits): string {
  return max === undefined ? String(min) : `${min} ${max}`;
}

function memoryText(type: MemoryType): string {
  return `${limits(type)}${type.shared === true ? ' shared' : ''}`;
}

function tableText(type: TableType): string {
  return `${limits(type)} ${type.element}`;
}

function globalText({ type, mutable }: { readonly type: ValueType; readonly mutable: boolean }): string {
  return mutable ? `(mut ${type})` : type;
}

function heapType(type: ReferenceType): string {
  return type === 'funcref' ? 'func' : 'extern';
}

function lanes(bytes: Bytes): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [0, 4, 8, 12].map((at) => `0x${view.getUint32(at, true).toString(16).padStart(8, '0')}`).join(' ');
}

/** The text of a float by its bits; NaNs with their payload unless it is the canonical one. */
function floatText(bits: bigint, width: 32 | 64): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  const value = width === 32 ? view.getFloat32(4) : view.getFloat64(0);
  const fraction = width === 32 ? 23n : 52n;
  const sign = bits >> BigInt(width - 1) === 0n ? '' : '-';
  if (Number.isNaN(value)) {
    const payload = bits & ((1n << fraction) - 1n);
    return payload === 1n << (fraction - 1n) ? `${sign}nan` : `${sign}nan:0x${payload.toString(16)}`;
  }
  if (!Number.isFinite(value)) return `${sign}inf`;
  return `${sign}${Math.abs(value)}`;
}

function quoted(text: string): string {
  return quotedBytes(new TextEncoder().encode(text));
}

function quotedBytes(bytes: Bytes): string {
  let text = '';
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`;
  }
  return `"${text}"`;
}
