import type { Bytes } from '@ninefold/base';
import { ByteReader } from './byte-reader.ts';
import type { Instruction } from './decode-instructions.ts';
import { readExpression, readValueType } from './decode-instructions.ts';
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
import { EXTERNAL_KINDS, FUNCTION_TYPE, MODULE_HEADER, NAME_SUBSECTIONS, SECTIONS } from './spec/types.ts';

/** Locals of one function, as engines limit them too. */
export const MAX_LOCALS = 50_000;

export type ImportType =
  | { readonly kind: 'func'; readonly type: number }
  | ({ readonly kind: 'table' } & TableType)
  | ({ readonly kind: 'memory' } & MemoryType)
  | ({ readonly kind: 'global' } & GlobalType);

export type DecodedElements = {
  readonly mode: 'active' | 'passive' | 'declarative';
  readonly table: number;
  /** Without the final `end`, as `items`. */
  readonly offset: readonly Instruction[];
  readonly type: ReferenceType;
  /** Functions by index, or expressions. */
  readonly items: readonly (number | readonly Instruction[])[];
};

export type DecodedData = {
  readonly mode: 'active' | 'passive';
  readonly memory: number;
  readonly offset: readonly Instruction[];
  readonly bytes: Bytes;
};

/** The body of a function: its instructions are in the module's bytes [`start`, `end`). */
export type DecodedCode = {
  readonly locals: readonly ValueType[];
  readonly start: number;
  readonly end: number;
};

export type DecodedNames = {
  readonly module: string | undefined;
  readonly functions: ReadonlyMap<number, string>;
  readonly globals: ReadonlyMap<number, string>;
};

export type DecodedModule = {
  readonly bytes: Bytes;
  readonly types: readonly FunctionType[];
  readonly imports: readonly { readonly module: string; readonly name: string; readonly type: ImportType }[];
  /** Types of the defined functions, by index. */
  readonly functions: readonly number[];
  readonly tables: readonly TableType[];
  readonly memories: readonly MemoryType[];
  readonly globals: readonly { readonly type: GlobalType; readonly value: readonly Instruction[] }[];
  readonly exports: readonly { readonly name: string; readonly kind: ExternalKind; readonly index: number }[];
  readonly start: number | undefined;
  readonly elements: readonly DecodedElements[];
  readonly codes: readonly DecodedCode[];
  readonly data: readonly DecodedData[];
  readonly customs: readonly { readonly name: string; readonly bytes: Bytes }[];
  readonly names: DecodedNames;
};

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const EXTERNAL_KIND_OF = Object.keys(EXTERNAL_KINDS) as ExternalKind[];

// The order in which sections stand; data count comes before code in spite of its number.
const SECTION_ORDER: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

/**
 * Reads a binary module. Its structure is checked, not its validity: that indexes exist and types
 * agree is the engine's business.
 *
 * @throws `WASM_MALFORMED` with the offset of what cannot be read
 */
export function decodeModule(bytes: Bytes): DecodedModule {
  const reader = new ByteReader(bytes);
  for (const byte of MODULE_HEADER) {
    if (reader.at >= bytes.length || reader.u8() !== byte) reader.fail('not a WebAssembly 1 module', 0);
  }
  const module: Mutable<DecodedModule> & { customs: { readonly name: string; readonly bytes: Bytes }[] } = {
    bytes,
    types: [],
    imports: [],
    functions: [],
    tables: [],
    memories: [],
    globals: [],
    exports: [],
    start: undefined,
    elements: [],
    codes: [],
    data: [],
    customs: [],
    names: { module: undefined, functions: new Map(), globals: new Map() },
  };
  let place = -1;
  while (reader.at < bytes.length) {
    const at = reader.at;
    const id = reader.u8();
    const size = reader.u32();
    if (size > bytes.length - reader.at) reader.fail('section is longer than the module', at);
    const section = new ByteReader(bytes, reader.at, reader.at + size);
    reader.at += size;
    if (id === SECTIONS.custom) {
      const name = section.name();
      const content = section.raw(section.end - section.at);
      module.customs.push({ name, bytes: content });
      continue;
    }
    const order = SECTION_ORDER.indexOf(id);
    if (order < 0) reader.fail(`unknown section ${id}`, at);
    if (order <= place) reader.fail(`section ${id} is out of order`, at);
    place = order;
    readSection(section, id, module);
    if (section.at !== section.end) section.fail(`bytes left in section ${id}`);
  }
  if (module.codes.length !== module.functions.length) reader.fail('functions and bodies differ in number');
  const names = module.customs.find(({ name }) => name === 'name');
  if (names !== undefined) module.names = readNames(names.bytes);
  return module;
}

function readSection(reader: ByteReader, id: number, module: Mutable<DecodedModule>): void {
  switch (id) {
    case SECTIONS.type:
      module.types = reader.vector(() => readFunctionType(reader));
      break;
    case SECTIONS.import:
      module.imports = reader.vector(() => ({
        module: reader.name(),
        name: reader.name(),
        type: readImportType(reader),
      }));
      break;
    case SECTIONS.function:
      module.functions = reader.vector(() => reader.u32());
      break;
    case SECTIONS.table:
      module.tables = reader.vector(() => readTableType(reader));
      break;
    case SECTIONS.memory:
      module.memories = reader.vector(() => readMemoryType(reader));
      break;
    case SECTIONS.global:
      module.globals = reader.vector(() => ({
        type: readGlobalType(reader),
        value: readConstant(reader),
      }));
      break;
    case SECTIONS.export:
      module.exports = reader.vector(() => ({
        name: reader.name(),
        kind: readExternalKind(reader),
        index: reader.u32(),
      }));
      break;
    case SECTIONS.start:
      module.start = reader.u32();
      break;
    case SECTIONS.element:
      module.elements = reader.vector(() => readElements(reader));
      break;
    case SECTIONS.dataCount:
      reader.u32();
      break;
    case SECTIONS.code:
      module.codes = reader.vector(() => readCode(reader));
      break;
    default:
      module.data = reader.vector(() => readData(reader));
  }
}

function readFunctionType(reader: ByteReader): FunctionType {
  const { at } = reader;
  if (reader.u8() !== FUNCTION_TYPE) reader.fail('not a function type', at);
  return {
    params: reader.vector(() => readValueType(reader)),
    results: reader.vector(() => readValueType(reader)),
  };
}

function readExternalKind(reader: ByteReader): ExternalKind {
  const { at } = reader;
  return EXTERNAL_KIND_OF[reader.u8()] ?? reader.fail('unknown kind of import or export', at);
}

function readImportType(reader: ByteReader): ImportType {
  const kind = readExternalKind(reader);
  switch (kind) {
    case 'func':
      return { kind, type: reader.u32() };
    case 'table':
      return { kind, ...readTableType(reader) };
    case 'memory':
      return { kind, ...readMemoryType(reader) };
    default:
      return { kind, ...readGlobalType(reader) };
  }
}

function readLimits(reader: ByteReader, flags: number): Limits {
  const min = reader.u32();
  return { min, max: (flags & 1) === 0 ? undefined : reader.u32() };
}

function readMemoryType(reader: ByteReader): MemoryType {
  const { at } = reader;
  const flags = reader.u8();
  if (flags > 3) reader.fail('unknown kind of memory', at);
  return { ...readLimits(reader, flags), shared: (flags & 2) !== 0 };
}

function readTableType(reader: ByteReader): TableType {
  const element = readReferenceType(reader);
  const { at } = reader;
  const flags = reader.u8();
  if (flags > 1) reader.fail('unknown kind of table', at);
  return { element, ...readLimits(reader, flags) };
}

function readReferenceType(reader: ByteReader): ReferenceType {
  const { at } = reader;
  const type = readValueType(reader);
  return type === 'funcref' || type === 'externref' ? type : reader.fail('not a reference type', at);
}

function readGlobalType(reader: ByteReader): GlobalType {
  const type = readValueType(reader);
  const { at } = reader;
  const mutability = reader.u8();
  if (mutability > 1) reader.fail('invalid mutability', at);
  return { type, mutable: mutability === 1 };
}

function readConstant(reader: ByteReader): readonly Instruction[] {
  return Array.from(readExpression(reader)).slice(0, -1);
}

// §5.5.12: bit 0 not active, bit 1 explicit table or declarative, bit 2 expressions.
function readElements(reader: ByteReader): DecodedElements {
  const { at } = reader;
  const flags = reader.u32();
  if (flags > 7) reader.fail('unknown kind of element segment', at);
  const isActive = (flags & 1) === 0;
  const hasExtra = (flags & 2) !== 0;
  const hasExpressions = (flags & 4) !== 0;
  const table = isActive && hasExtra ? reader.u32() : 0;
  const offset = isActive ? readConstant(reader) : [];
  let type: ReferenceType = 'funcref';
  if (!isActive || hasExtra) {
    if (hasExpressions) type = readReferenceType(reader);
    else if (reader.u8() !== 0) reader.fail('unknown kind of elements');
  }
  const items = reader.vector(() => (hasExpressions ? readConstant(reader) : reader.u32()));
  return { mode: isActive ? 'active' : hasExtra ? 'declarative' : 'passive', table, offset, type, items };
}

function readCode(reader: ByteReader): DecodedCode {
  const size = reader.u32();
  const end = reader.at + size;
  if (end > reader.end) reader.fail('body is longer than its section');
  const body = new ByteReader(reader.bytes, reader.at, end);
  const locals: ValueType[] = [];
  body.vector(() => {
    const count = body.u32();
    const type = readValueType(body);
    // A few bytes may announce four thousand million locals.
    if (locals.length + count > MAX_LOCALS) body.fail(`more than ${MAX_LOCALS} locals`);
    for (let i = 0; i < count; i++) locals.push(type);
  });
  reader.at = end;
  return { locals, start: body.at, end };
}

function readData(reader: ByteReader): DecodedData {
  const { at } = reader;
  const flags = reader.u32();
  if (flags > 2) reader.fail('unknown kind of data segment', at);
  const memory = flags === 2 ? reader.u32() : 0;
  const offset = flags === 1 ? [] : readConstant(reader);
  return { mode: flags === 1 ? 'passive' : 'active', memory, offset, bytes: reader.raw(reader.u32()) };
}

/** The section `name`; a custom section that cannot be read is no error, it names nothing. */
function readNames(bytes: Bytes): DecodedNames {
  let module: string | undefined;
  const functions = new Map<number, string>();
  const globals = new Map<number, string>();
  try {
    const reader = new ByteReader(bytes);
    while (reader.at < bytes.length) {
      const id = reader.u8();
      const size = reader.u32();
      const content = new ByteReader(bytes, reader.at, reader.at + size);
      reader.raw(size);
      if (id === NAME_SUBSECTIONS.module) module = content.name();
      const into =
        id === NAME_SUBSECTIONS.functions ? functions : id === NAME_SUBSECTIONS.globals ? globals : undefined;
      if (into !== undefined) content.vector(() => into.set(content.u32(), content.name()));
    }
  } catch {
    // What was read so far stays.
  }
  return { module, functions, globals };
}
