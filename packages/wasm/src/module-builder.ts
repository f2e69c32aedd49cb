import type { Bytes } from '@ninefold/base';
import { ByteWriter } from './byte-writer.ts';
import { fail } from './errors.ts';
import type { FinishedFunction, FunctionBuilder } from './function-builder.ts';
import { createFunctionBuilder } from './function-builder.ts';
import type { Reference } from './instructions.ts';
import { checkInt32, checkInt64, checkInt128, REFERENCES, writeOp } from './instructions.ts';
import { OPCODES } from './spec/opcodes.ts';
import type {
  ExternalKind,
  FunctionType,
  GlobalType,
  Limits,
  MemoryType,
  ReferenceType,
  TableType,
  ValueType,
} from './spec/types.ts';
import {
  EXTERNAL_KINDS,
  FUNCTION_TYPE,
  MAX_MEMORY_PAGES,
  MODULE_HEADER,
  NAME_SUBSECTIONS,
  SECTIONS,
  VALUE_TYPES,
} from './spec/types.ts';

/** A constant: its value, an imported global, a function, or null. */
export type Initializer = number | bigint | { readonly global: number } | { readonly func: number } | null;

export type ElementSegment = {
  readonly functions: readonly number[];
  /** Where an active segment goes; without it the segment waits for `table.init`. */
  readonly offset?: Initializer | undefined;
  readonly table?: number | undefined;
};

export type DataSegment = {
  readonly bytes: Bytes;
  /** Where an active segment goes; without it the segment waits for `memory.init`. */
  readonly offset?: Initializer | undefined;
};

/**
 * Builds one module. All methods that define something return its index; imports of a kind come
 * before its definitions (`WASM_LATE_IMPORT`).
 */
export type ModuleBuilder = {
  /** The index of a function type; equal types have one index. */
  readonly type: (params: readonly ValueType[], results: readonly ValueType[]) => number;
  readonly importFunction: (module: string, name: string, type: number, label?: string) => number;
  readonly importMemory: (module: string, name: string, type: MemoryType) => number;
  readonly importTable: (module: string, name: string, type: TableType) => number;
  readonly importGlobal: (module: string, name: string, type: GlobalType) => number;
  /** Defines a function; its body can be written now or later. The name is for debuggers. */
  readonly func: (type: number, name?: string) => FunctionBuilder;
  readonly memory: (type: MemoryType) => number;
  readonly table: (type: TableType) => number;
  readonly global: (type: GlobalType, value: Initializer, name?: string) => number;
  readonly export: (name: string, kind: ExternalKind, index: number) => void;
  readonly start: (func: number) => void;
  readonly elements: (segment: ElementSegment) => number;
  readonly data: (segment: DataSegment) => number;
  /** A section that engines skip. */
  readonly custom: (name: string, bytes: Bytes) => void;
  /**
   * The binary module.
   *
   * @throws `WASM_UNKNOWN_INDEX`, `WASM_UNCLOSED_BLOCK`
   */
  readonly encode: () => Uint8Array<ArrayBuffer>;
};

type Import = { readonly module: string; readonly name: string; readonly write: (out: ByteWriter) => void };
type Named = { readonly index: number; readonly name: string };

/**
 * @example
 * const m = createModule('adder');
 * const add = m.func(m.type(['i32', 'i32'], ['i32']), 'add');
 * add.local_get(0).local_get(1).i32_add();
 * m.export('add', 'func', add.index);
 * const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.encode()));
 */
export function createModule(name?: string): ModuleBuilder {
  const types: FunctionType[] = [];
  const typeIndexes = new Map<string, number>();
  const imports: Import[] = [];
  const importedFunctions: number[] = [];
  const functions: { readonly type: number; readonly finished: FinishedFunction }[] = [];
  const tables: TableType[] = [];
  const memories: MemoryType[] = [];
  const globals: { readonly type: GlobalType; readonly value: Initializer }[] = [];
  const imported = { func: 0, table: 0, memory: 0, global: 0 };
  const exports: { readonly name: string; readonly kind: ExternalKind; readonly index: number }[] = [];
  const elements: ElementSegment[] = [];
  const segments: DataSegment[] = [];
  const customs: { readonly name: string; readonly bytes: Bytes }[] = [];
  const functionNames: Named[] = [];
  const globalNames: Named[] = [];
  const references: { readonly kind: Reference; readonly index: number; readonly where: string }[] = [];
  let start: number | undefined;

  const count = (kind: Reference): number => {
    switch (kind) {
      case 'function':
        return imported.func + functions.length;
      case 'global':
        return imported.global + globals.length;
      case 'table':
        return imported.table + tables.length;
      case 'memory':
        return imported.memory + memories.length;
      case 'data':
        return segments.length;
      default:
        return elements.length;
    }
  };

  const type = (params: readonly ValueType[], results: readonly ValueType[]): number => {
    const key = `${params.join()}:${results.join()}`;
    const known = typeIndexes.get(key);
    if (known !== undefined) return known;
    types.push({ params: params.slice(), results: results.slice() });
    typeIndexes.set(key, types.length - 1);
    return types.length - 1;
  };

  const typeAt = (index: number, where: string): FunctionType => {
    const found = types[index];
    if (found === undefined) {
      throw fail('WASM_UNKNOWN_INDEX', { kind: 'type', index, count: types.length, where });
    }
    return found;
  };

  const addImport = (
    kind: ExternalKind,
    defined: number,
    module: string,
    name: string,
    write: (out: ByteWriter) => void,
  ): number => {
    if (defined > 0) throw fail('WASM_LATE_IMPORT', { name: `${module}.${name}` });
    imports.push({ module, name, write });
    return imported[kind]++;
  };

  const importFunction: ModuleBuilder['importFunction'] = (module, name, type, label) => {
    typeAt(type, `import ${module}.${name}`);
    const index = addImport('func', functions.length, module, name, (out) => {
      out.u8(EXTERNAL_KINDS.func);
      out.u32(type);
    });
    importedFunctions.push(type);
    if (label !== undefined) functionNames.push({ index, name: label });
    return index;
  };

  const importMemory: ModuleBuilder['importMemory'] = (module, name, type) => {
    checkMemory(type);
    return addImport('memory', memories.length, module, name, (out) => {
      out.u8(EXTERNAL_KINDS.memory);
      writeMemory(out, type);
    });
  };

  const importTable: ModuleBuilder['importTable'] = (module, name, type) => {
    checkLimits(type, 2 ** 32 - 1);
    return addImport('table', tables.length, module, name, (out) => {
      out.u8(EXTERNAL_KINDS.table);
      writeTable(out, type);
    });
  };

  const importGlobal: ModuleBuilder['importGlobal'] = (module, name, type) =>
    addImport('global', globals.length, module, name, (out) => {
      out.u8(EXTERNAL_KINDS.global);
      writeGlobalType(out, type);
    });

  const func: ModuleBuilder['func'] = (type, name) => {
    const index = count('function');
    const signature = typeAt(type, name ?? `function ${index}`);
    const { builder, finished } = createFunctionBuilder(index, signature, name, () => types.length);
    functions.push({ type, finished });
    if (name !== undefined) functionNames.push({ index, name });
    return builder;
  };

  const memory = (type: MemoryType): number => {
    checkMemory(type);
    memories.push(type);
    return count('memory') - 1;
  };

  const table = (type: TableType): number => {
    checkLimits(type, 2 ** 32 - 1);
    tables.push(type);
    return count('table') - 1;
  };

  const referIn = (value: Initializer | undefined, where: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('global' in value) references.push({ kind: 'global', index: value.global, where });
    else references.push({ kind: 'function', index: value.func, where });
  };

  const global: ModuleBuilder['global'] = (type, value, name) => {
    globals.push({ type, value });
    const index = count('global') - 1;
    referIn(value, `global ${index}`);
    if (name !== undefined) globalNames.push({ index, name });
    return index;
  };

  const addExport: ModuleBuilder['export'] = (name, kind, index) => {
    if (exports.some((other) => other.name === name)) throw fail('WASM_DUPLICATE_EXPORT', { name });
    exports.push({ name, kind, index });
    const reference = kind === 'func' ? 'function' : kind;
    references.push({ kind: reference, index, where: `export ${name}` });
  };

  const addElements: ModuleBuilder['elements'] = (segment) => {
    elements.push(segment);
    const where = `element segment ${elements.length - 1}`;
    for (const index of segment.functions) references.push({ kind: 'function', index, where });
    if (segment.offset !== undefined) references.push({ kind: 'table', index: segment.table ?? 0, where });
    referIn(segment.offset, where);
    return elements.length - 1;
  };

  const addData: ModuleBuilder['data'] = (segment) => {
    segments.push(segment);
    const where = `data segment ${segments.length - 1}`;
    if (segment.offset !== undefined) references.push({ kind: 'memory', index: 0, where });
    referIn(segment.offset, where);
    return segments.length - 1;
  };

  const checkReferences = (): void => {
    const check = (kind: Reference, index: number, where: string): void => {
      if (index >= count(kind)) throw fail('WASM_UNKNOWN_INDEX', { kind, index, count: count(kind), where });
    };
    for (const { kind, index, where } of references) check(kind, index, where);
    for (const { finished } of functions) {
      for (const kind of REFERENCES) check(kind, finished.largest(kind), finished.where);
    }
  };

  const encode = (): Uint8Array<ArrayBuffer> => {
    checkReferences();
    const out = new ByteWriter(1024);
    out.raw(MODULE_HEADER);
    const section = <Item>(
      id: number,
      items: readonly Item[],
      write: (out: ByteWriter, item: Item) => void,
    ): void => {
      if (items.length === 0) return;
      const content = new ByteWriter();
      content.vector(items, (item) => write(content, item));
      out.u8(id);
      out.sized(content.view());
    };
    section(SECTIONS.type, types, writeFunctionType);
    section(SECTIONS.import, imports, (content, { module, name, write }) => {
      content.name(module);
      content.name(name);
      write(content);
    });
    section(SECTIONS.function, functions, (content, { type }) => content.u32(type));
    section(SECTIONS.table, tables, writeTable);
    section(SECTIONS.memory, memories, writeMemory);
    section(SECTIONS.global, globals, (content, { type, value }) => {
      writeGlobalType(content, type);
      writeConstant(content, type.type, value);
    });
    section(SECTIONS.export, exports, (content, { name, kind, index }) => {
      content.name(name);
      content.u8(EXTERNAL_KINDS[kind]);
      content.u32(index);
    });
    if (start !== undefined) {
      const content = new ByteWriter(8);
      content.u32(start);
      out.u8(SECTIONS.start);
      out.sized(content.view());
    }
    section(SECTIONS.element, elements, writeElements);
    // Needed before the code by a validator that reads once; older engines do not know it.
    if (functions.some(({ finished }) => finished.largest('data') >= 0)) {
      const content = new ByteWriter(8);
      content.u32(segments.length);
      out.u8(SECTIONS.dataCount);
      out.sized(content.view());
    }
    section(SECTIONS.code, functions, (content, { finished }) => content.sized(finished.encode().view()));
    section(SECTIONS.data, segments, writeData);
    const names = writeNames({ name, functionNames, globalNames, functions, importedCount: imported.func });
    for (const custom of [...names, ...customs]) {
      const content = new ByteWriter(custom.bytes.length + 16);
      content.name(custom.name);
      content.raw(custom.bytes);
      out.u8(SECTIONS.custom);
      out.sized(content.view());
    }
    return out.view().slice();
  };

  return {
    type,
    importFunction,
    importMemory,
    importTable,
    importGlobal,
    func,
    memory,
    table,
    global,
    export: addExport,
    start: (index) => {
      start = index;
      references.push({ kind: 'function', index, where: 'start' });
    },
    elements: addElements,
    data: addData,
    custom: (name, bytes) => void customs.push({ name, bytes }),
    encode,
  };
}

function checkLimits({ min, max }: Limits, most: number): void {
  const isSize = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;
  if (!isSize(min) || (max !== undefined && !(isSize(max) && max >= min))) {
    throw fail('WASM_INVALID_LIMITS', { min, max });
  }
}

function checkMemory(type: MemoryType): void {
  checkLimits(type, MAX_MEMORY_PAGES);
  // All threads must know how large it can become.
  if (type.shared === true && type.max === undefined) {
    throw fail('WASM_INVALID_LIMITS', { min: type.min, max: undefined });
  }
}

function writeFunctionType(out: ByteWriter, { params, results }: FunctionType): void {
  out.u8(FUNCTION_TYPE);
  out.vector(params, (type) => out.u8(VALUE_TYPES[type]));
  out.vector(results, (type) => out.u8(VALUE_TYPES[type]));
}

function writeLimits(out: ByteWriter, { min, max }: Limits, flags: number): void {
  out.u8(flags | (max === undefined ? 0 : 1));
  out.u32(min);
  if (max !== undefined) out.u32(max);
}

function writeMemory(out: ByteWriter, type: MemoryType): void {
  writeLimits(out, type, type.shared === true ? 2 : 0);
}

function writeTable(out: ByteWriter, type: TableType): void {
  out.u8(VALUE_TYPES[type.element]);
  writeLimits(out, type, 0);
}

function writeGlobalType(out: ByteWriter, { type, mutable }: GlobalType): void {
  out.u8(VALUE_TYPES[type]);
  out.u8(mutable ? 1 : 0);
}

/** A constant expression of type `type`. */
function writeConstant(out: ByteWriter, type: ValueType, value: Initializer): void {
  if (value === null) {
    out.u8(OPCODES['ref.null'][0]);
    out.u8(VALUE_TYPES[type as ReferenceType]);
  } else if (typeof value === 'object') {
    out.u8('global' in value ? OPCODES['global.get'][0] : OPCODES['ref.func'][0]);
    out.u32('global' in value ? value.global : value.func);
  } else writeNumber(out, type, value);
  out.u8(OPCODES.end[0]);
}

function writeNumber(out: ByteWriter, type: ValueType, value: number | bigint): void {
  switch (type) {
    case 'i32':
      out.u8(OPCODES['i32.const'][0]);
      out.s32(checkInt32(Number(value)));
      break;
    case 'i64':
      out.u8(OPCODES['i64.const'][0]);
      out.s64(checkInt64(value));
      break;
    case 'f32':
      out.u8(OPCODES['f32.const'][0]);
      out.f32(Number(value));
      break;
    case 'f64':
      out.u8(OPCODES['f64.const'][0]);
      out.f64(Number(value));
      break;
    case 'v128': {
      const bits = checkInt128(value);
      writeOp(out, OPCODES['v128.const'][0]);
      for (let i = 0n; i < 128n; i += 8n) out.u8(Number((bits >> i) & 0xffn));
      break;
    }
    default:
      throw fail('WASM_CONSTANT_RANGE', { what: type, value: String(value) });
  }
}

// Core specification §5.5.12: bit 0 passive, bit 1 explicit table.
function writeElements(out: ByteWriter, { functions, offset, table = 0 }: ElementSegment): void {
  const FUNCTION_ELEMENTS = 0;
  if (offset === undefined) {
    out.u8(1);
    out.u8(FUNCTION_ELEMENTS);
  } else if (table === 0) {
    out.u8(0);
    writeConstant(out, 'i32', offset);
  } else {
    out.u8(2);
    out.u32(table);
    writeConstant(out, 'i32', offset);
    out.u8(FUNCTION_ELEMENTS);
  }
  out.vector(functions, (index) => out.u32(index));
}

function writeData(out: ByteWriter, { bytes, offset }: DataSegment): void {
  out.u8(offset === undefined ? 1 : 0);
  if (offset !== undefined) writeConstant(out, 'i32', offset);
  out.sized(bytes);
}

/** The custom section `name` (core specification, appendix "Custom Sections"), if there are names. */
function writeNames(options: {
  readonly name: string | undefined;
  readonly functionNames: readonly Named[];
  readonly globalNames: readonly Named[];
  readonly functions: readonly { readonly finished: FinishedFunction }[];
  readonly importedCount: number;
}): { readonly name: string; readonly bytes: Bytes }[] {
  const { name, functionNames, globalNames, functions, importedCount } = options;
  const out = new ByteWriter();
  const subsection = (id: number, write: (content: ByteWriter) => void): void => {
    const content = new ByteWriter();
    write(content);
    out.u8(id);
    out.sized(content.view());
  };
  const nameMap = (content: ByteWriter, names: readonly Named[]): void =>
    content.vector(names, ({ index, name }) => {
      content.u32(index);
      content.name(name);
    });
  if (name !== undefined) subsection(NAME_SUBSECTIONS.module, (content) => content.name(name));
  if (functionNames.length > 0) {
    subsection(NAME_SUBSECTIONS.functions, (content) => nameMap(content, functionNames));
  }
  const withLocals = functions
    .map(({ finished }, i) => ({ index: importedCount + i, names: finished.localNames }))
    .filter(({ names }) => names.size > 0);
  if (withLocals.length > 0) {
    subsection(NAME_SUBSECTIONS.locals, (content) =>
      content.vector(withLocals, ({ index, names }) => {
        content.u32(index);
        nameMap(
          content,
          Array.from(names, ([index, name]) => ({ index, name })),
        );
      }),
    );
  }
  if (globalNames.length > 0) {
    subsection(NAME_SUBSECTIONS.globals, (content) => nameMap(content, globalNames));
  }
  return out.length === 0 ? [] : [{ name: 'name', bytes: out.view() }];
}
