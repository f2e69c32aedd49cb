import type { SbpfVersion } from './versions.ts';

/** How the fields of an instruction are read, written and printed. */
export type OpForm =
  | 'lddw'
  | 'load'
  | 'storeImm'
  | 'storeReg'
  | 'aluImm'
  | 'aluReg'
  | 'unary'
  | 'endian'
  | 'jump'
  | 'jumpImm'
  | 'jumpReg'
  | 'call'
  | 'callx'
  | 'exit';

/** How the 32-bit immediate becomes the 64-bit operand of the operation. */
export type ImmediateRule = 'signed' | 'unsigned' | 'negated' | 'high';

/** What the verifier asks of the immediate. */
export type ImmediateCheck = 'nonzero' | 'shift32' | 'shift64' | 'endian';

export type OpSpec = {
  /** First byte of the instruction. */
  readonly code: number;
  readonly mnemonic: string;
  readonly form: OpForm;
  /** Versions that have this meaning of the code. */
  readonly versions: readonly SbpfVersion[];
  /** Operation of the engine, one of {@link OPERATIONS}; of `endian` forms the name without the width. */
  readonly operation: string;
  /** `signed` where absent. */
  readonly immediate?: ImmediateRule | undefined;
  readonly check?: ImmediateCheck | undefined;
  /** Bytes that a load or store moves. */
  readonly bytes?: 1 | 2 | 4 | 8 | undefined;
  readonly doc: string;
};

const ALL: readonly SbpfVersion[] = [0, 1, 2, 3];
const NOT_V2: readonly SbpfVersion[] = [0, 1, 3];
const V2: readonly SbpfVersion[] = [2];
const V3: readonly SbpfVersion[] = [3];

const CLASS = { ALU32: 4, JMP64: 5, JMP32: 6, PQR: 6, ALU64: 7 } as const;
const REGISTER = 0x08;

type Alu = {
  readonly name: string;
  readonly nibble: number;
  readonly versions?: readonly SbpfVersion[];
  /** Operations of the engine if they are not named after the instruction. */
  readonly imm?: string;
  readonly reg?: string;
  readonly immediate?: ImmediateRule;
  readonly check?: ImmediateCheck;
  readonly doc: string;
};

/** The immediate and the register form of an operation of an ALU class. */
function alu(bits: 32 | 64, row: Alu): readonly OpSpec[] {
  const code = row.nibble | (bits === 32 ? CLASS.ALU32 : CLASS.ALU64);
  const mnemonic = `${row.name}${bits}`;
  const versions = row.versions ?? ALL;
  const { immediate, check, doc } = row;
  return [
    {
      code,
      mnemonic,
      form: 'aluImm',
      versions,
      operation: row.imm ?? `${mnemonic}Imm`,
      immediate,
      check,
      doc,
    },
    {
      code: code | REGISTER,
      mnemonic,
      form: 'aluReg',
      versions,
      operation: row.reg ?? `${mnemonic}Reg`,
      doc,
    },
  ];
}

/** Operations of both widths with the same meaning in all versions. */
function alwaysThere(bits: 32 | 64): readonly OpSpec[] {
  const shift = bits === 32 ? 'shift32' : 'shift64';
  return [
    alu(bits, { name: 'or', nibble: 0x40, doc: 'Bitwise or.' }),
    alu(bits, { name: 'and', nibble: 0x50, doc: 'Bitwise and.' }),
    alu(bits, { name: 'lsh', nibble: 0x60, check: shift, doc: 'Shift left.' }),
    alu(bits, { name: 'rsh', nibble: 0x70, check: shift, doc: 'Logical shift right.' }),
    alu(bits, { name: 'xor', nibble: 0xa0, doc: 'Bitwise exclusive or.' }),
    alu(bits, { name: 'arsh', nibble: 0xc0, check: shift, doc: 'Arithmetic shift right.' }),
  ].flat();
}

/** Multiplication and division of all versions but 2. */
function classicArithmetic(bits: 32 | 64): readonly OpSpec[] {
  const versions = NOT_V2;
  return [
    ...alu(bits, { name: 'mul', nibble: 0x20, versions, doc: 'Product, low half.' }),
    ...alu(bits, { name: 'div', nibble: 0x30, versions, check: 'nonzero', doc: 'Unsigned quotient.' }),
    ...alu(bits, { name: 'mod', nibble: 0x90, versions, check: 'nonzero', doc: 'Unsigned remainder.' }),
    {
      code: 0x80 | (bits === 32 ? CLASS.ALU32 : CLASS.ALU64),
      mnemonic: `neg${bits}`,
      form: 'unary',
      versions,
      operation: `neg${bits}`,
      doc: 'Two’s complement.',
    },
  ];
}

/** Product, quotient and remainder of version 2 (SIMD-0174). */
function pqr(name: string, nibble: number, operation: string, immediate: ImmediateRule): readonly OpSpec[] {
  const widths: readonly (32 | 64)[] = name.endsWith('hmul') ? [64] : [32, 64];
  const check: ImmediateCheck | undefined = name.endsWith('mul') ? undefined : 'nonzero';
  return widths.flatMap((bits) => {
    const code = CLASS.PQR | nibble | (bits === 64 ? 0x10 : 0);
    const mnemonic = `${name}${bits}`;
    const doc = `${PQR_DOCS[operation] ?? ''}`;
    const common = { mnemonic, versions: V2, doc };
    const engine = operation === 'mul' && bits === 32 ? 'lmul32' : `${operation}${bits}`;
    return [
      { ...common, code, form: 'aluImm', operation: `${engine}Imm`, immediate, check },
      { ...common, code: code | REGISTER, form: 'aluReg', operation: `${engine}Reg` },
    ] satisfies readonly OpSpec[];
  });
}

const PQR_DOCS: Readonly<Record<string, string>> = {
  uhmul: 'High half of the unsigned product.',
  shmul: 'High half of the signed product.',
  mul: 'Product, low half.',
  div: 'Unsigned quotient.',
  mod: 'Unsigned remainder.',
  sdiv: 'Signed quotient.',
  srem: 'Signed remainder.',
};

const WIDTHS = [
  { suffix: 'b', bytes: 1, size: 0x10, moved: { load: 0x2c, imm: 0x27, reg: 0x2f } },
  { suffix: 'h', bytes: 2, size: 0x08, moved: { load: 0x3c, imm: 0x37, reg: 0x3f } },
  { suffix: 'w', bytes: 4, size: 0x00, moved: { load: 0x8c, imm: 0x87, reg: 0x8f } },
  { suffix: 'dw', bytes: 8, size: 0x18, moved: { load: 0x9c, imm: 0x97, reg: 0x9f } },
] as const;

/** Loads and stores; version 2 moved their codes into the ALU classes (SIMD-0173). */
const MEMORY: readonly OpSpec[] = WIDTHS.flatMap(({ suffix, bytes, size, moved }): readonly OpSpec[] => {
  const load = {
    mnemonic: `ldx${suffix}`,
    form: 'load',
    operation: `load${bytes}`,
    bytes,
    doc: `Loads ${bytes === 1 ? 'a byte' : `${bytes} bytes`}, zero-extended.`,
  } as const;
  const storeImm = {
    mnemonic: `st${suffix}`,
    form: 'storeImm',
    operation: `store${bytes}Imm`,
    bytes,
    doc: 'Stores the sign-extended immediate, cut to the width.',
  } as const;
  const storeReg = {
    mnemonic: `stx${suffix}`,
    form: 'storeReg',
    operation: `store${bytes}Reg`,
    bytes,
    doc: 'Stores a register, cut to the width.',
  } as const;
  return [
    { ...load, code: 0x61 | size, versions: NOT_V2 },
    { ...storeImm, code: 0x62 | size, versions: NOT_V2 },
    { ...storeReg, code: 0x63 | size, versions: NOT_V2 },
    { ...load, code: moved.load, versions: V2 },
    { ...storeImm, code: moved.imm, versions: V2 },
    { ...storeReg, code: moved.reg, versions: V2 },
  ];
});

/** Conditions of the jumps: name, high nibble, sentence. */
export const CONDITIONS: readonly (readonly [name: string, nibble: number, doc: string])[] = [
  ['eq', 0x10, 'Jumps if equal.'],
  ['gt', 0x20, 'Jumps if greater, unsigned.'],
  ['ge', 0x30, 'Jumps if greater or equal, unsigned.'],
  ['set', 0x40, 'Jumps if the operands have a bit in common.'],
  ['ne', 0x50, 'Jumps if not equal.'],
  ['sgt', 0x60, 'Jumps if greater, signed.'],
  ['sge', 0x70, 'Jumps if greater or equal, signed.'],
  ['lt', 0xa0, 'Jumps if less, unsigned.'],
  ['le', 0xb0, 'Jumps if less or equal, unsigned.'],
  ['slt', 0xc0, 'Jumps if less, signed.'],
  ['sle', 0xd0, 'Jumps if less or equal, signed.'],
];

const JUMPS: readonly OpSpec[] = CONDITIONS.flatMap(([name, nibble, doc]) =>
  ([64, 32] as const).flatMap((bits): readonly OpSpec[] => {
    const code = nibble | (bits === 64 ? CLASS.JMP64 : CLASS.JMP32);
    const mnemonic = bits === 64 ? `j${name}` : `j${name}32`;
    const versions = bits === 64 ? ALL : V3;
    return [
      { code, mnemonic, form: 'jumpImm', versions, operation: `j${name}${bits}Imm`, doc },
      { code: code | REGISTER, mnemonic, form: 'jumpReg', versions, operation: `j${name}${bits}Reg`, doc },
    ];
  }),
);

const UNSORTED: readonly OpSpec[] = [
  {
    code: 0x18,
    mnemonic: 'lddw',
    form: 'lddw',
    versions: NOT_V2,
    operation: 'lddw',
    doc: 'Sets a register to a 64-bit constant; takes two slots and costs one unit.',
  },
  ...MEMORY,
  ...alu(32, {
    name: 'add',
    nibble: 0x00,
    versions: NOT_V2,
    doc: 'Sum of the low halves, sign-extended.',
  }),
  ...alu(32, {
    name: 'add',
    nibble: 0x00,
    versions: V2,
    imm: 'addw32Imm',
    reg: 'addw32Reg',
    doc: 'Sum of the low halves, zero-extended.',
  }),
  ...alu(32, {
    name: 'sub',
    nibble: 0x10,
    versions: NOT_V2,
    imm: 'add32Imm',
    immediate: 'negated',
    doc: 'Difference of the low halves, sign-extended.',
  }),
  ...alu(32, {
    name: 'sub',
    nibble: 0x10,
    versions: V2,
    imm: 'rsub32Imm',
    reg: 'subw32Reg',
    doc: 'Difference of the low halves, zero-extended; the immediate is the minuend.',
  }),
  ...alu(64, { name: 'add', nibble: 0x00, doc: 'Sum.' }),
  ...alu(64, {
    name: 'sub',
    nibble: 0x10,
    versions: NOT_V2,
    imm: 'add64Imm',
    immediate: 'negated',
    doc: 'Difference.',
  }),
  ...alu(64, {
    name: 'sub',
    nibble: 0x10,
    versions: V2,
    imm: 'rsub64Imm',
    doc: 'Difference; the immediate is the minuend.',
  }),
  ...alwaysThere(32),
  ...alwaysThere(64),
  ...classicArithmetic(32),
  ...classicArithmetic(64),
  ...alu(32, {
    name: 'mov',
    nibble: 0xb0,
    versions: NOT_V2,
    immediate: 'unsigned',
    doc: 'Copy, zero-extended.',
  }),
  ...alu(32, {
    name: 'mov',
    nibble: 0xb0,
    versions: V2,
    reg: 'movsx32Reg',
    immediate: 'unsigned',
    doc: 'Copy: immediates are zero-extended, registers sign-extended.',
  }),
  ...alu(64, { name: 'mov', nibble: 0xb0, doc: 'Copy.' }),
  {
    code: 0xd4,
    mnemonic: 'le',
    form: 'endian',
    versions: NOT_V2,
    operation: 'le',
    check: 'endian',
    doc: 'Cuts to 16, 32 or 64 bits.',
  },
  {
    code: 0xdc,
    mnemonic: 'be',
    form: 'endian',
    versions: ALL,
    operation: 'be',
    check: 'endian',
    doc: 'Cuts to 16, 32 or 64 bits and swaps the bytes.',
  },
  {
    code: 0xf7,
    mnemonic: 'hor64',
    form: 'aluImm',
    versions: V2,
    operation: 'or64Imm',
    immediate: 'high',
    doc: 'Or with the immediate in the upper half.',
  },
  ...pqr('uhmul', 0x20, 'uhmul', 'unsigned'),
  ...pqr('udiv', 0x40, 'div', 'unsigned'),
  ...pqr('urem', 0x60, 'mod', 'unsigned'),
  ...pqr('lmul', 0x80, 'mul', 'signed'),
  ...pqr('shmul', 0xa0, 'shmul', 'signed'),
  ...pqr('sdiv', 0xc0, 'sdiv', 'signed'),
  ...pqr('srem', 0xe0, 'srem', 'signed'),
  { code: 0x05, mnemonic: 'ja', form: 'jump', versions: ALL, operation: 'ja', doc: 'Jumps.' },
  ...JUMPS,
  {
    code: 0x85,
    mnemonic: 'call',
    form: 'call',
    versions: ALL,
    operation: 'call',
    doc: 'Calls a function or, through the host, a syscall.',
  },
  {
    code: 0x8d,
    mnemonic: 'callx',
    form: 'callx',
    versions: ALL,
    operation: 'callx',
    doc: 'Calls the function at the address in a register.',
  },
  { code: 0x95, mnemonic: 'exit', form: 'exit', versions: ALL, operation: 'exit', doc: 'Returns.' },
];

/** The instruction sets of all versions, by ascending code. */
export const OPCODES: readonly OpSpec[] = [...UNSORTED].sort(
  (a, b) => a.code - b.code || (a.versions[0] as number) - (b.versions[0] as number),
);

/** Syscalls on memory alone: the engine has an operation for each. */
export const MEMORY_SYSCALLS = {
  sol_memcpy_: 'memcpy',
  sol_memmove_: 'memmove',
  sol_memset_: 'memset',
  sol_memcmp_: 'memcmp',
} as const;

/** Operations that no instruction names: syscalls, and what the decoder puts where there is none to execute. */
const ENGINE_ONLY: readonly string[] = [
  'unsupported',
  'overrun',
  'callOutside',
  'syscall',
  ...Object.values(MEMORY_SYSCALLS),
];

const namesOf = (spec: OpSpec): readonly string[] =>
  spec.form === 'endian' ? [16, 32, 64].map((bits) => `${spec.operation}${bits}`) : [spec.operation];

/** Every operation of the engine; its number there is its index here. */
export const OPERATIONS: readonly string[] = [...new Set([...ENGINE_ONLY, ...UNSORTED.flatMap(namesOf)])];

const NUMBERS: ReadonlyMap<string, number> = new Map(OPERATIONS.map((name, number) => [name, number]));

/** Number of an operation of the engine. */
export function operationNumber(name: string): number {
  const number = NUMBERS.get(name);
  if (number === undefined) throw new Error(`no operation ${name}`);
  return number;
}

function tableOf(version: SbpfVersion): readonly (OpSpec | undefined)[] {
  const table: (OpSpec | undefined)[] = Array.from({ length: 256 });
  for (const spec of OPCODES) if (spec.versions.includes(version)) table[spec.code] = spec;
  return table;
}

const TABLES: Readonly<Record<SbpfVersion, readonly (OpSpec | undefined)[]>> = {
  0: tableOf(0),
  1: tableOf(1),
  2: tableOf(2),
  3: tableOf(3),
};

/** The instruction that `code` is in `version`; `undefined` where it is none. */
export function opcodeAt(code: number, version: SbpfVersion): OpSpec | undefined {
  return TABLES[version][code];
}
