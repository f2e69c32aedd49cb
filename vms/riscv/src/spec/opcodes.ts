// The instruction table: decoder, disassembler, the kernel's operation numbers, the documentation's
// page and the generators of tests are all derived from it. Numbers are those of the RISC-V
// unprivileged specification, volume I, chapter "RV32/64G Instruction Set Listings".

/** Register width of a machine. */
export type Xlen = 32 | 64;

/** How the fields of an instruction are read, written and printed. */
export type Format =
  /** rd, rs1, rs2 */
  | 'register'
  /** rd, rs1, immediate of 12 bits */
  | 'immediate'
  /** rd, rs1, shift amount of 5 or 6 bits */
  | 'shift'
  /** rd, offset(rs1) */
  | 'load'
  /** rs2, offset(rs1) */
  | 'store'
  /** rs1, rs2, offset to the program counter, a multiple of 2 */
  | 'branch'
  /** rd, upper 20 bits */
  | 'upper'
  /** rd, offset to the program counter, a multiple of 2 */
  | 'jump'
  /** no operands; all other bits are fixed */
  | 'plain'
  /** operands are hints that may be ignored */
  | 'fence'
  /** rd, number of the register, rs1 */
  | 'csr'
  /** rd, number of the register, unsigned immediate of 5 bits */
  | 'csrImmediate'
  /** rd, rs2, (rs1) with ordering bits */
  | 'atomic'
  /** rd, (rs1) with ordering bits */
  | 'loadReserved'
  /** left to the guest's interface: opcodes custom-0 and custom-1 */
  | 'custom';

export type Extension = 'I' | 'M' | 'A' | 'Zicsr' | 'Zifencei' | 'Machine' | 'Custom';

export type OpSpec = {
  readonly mnemonic: string;
  readonly extension: Extension;
  readonly format: Format;
  /** Value of the bits that `mask` selects. */
  readonly match: number;
  readonly mask: number;
  /** The only width that has the instruction; both have it where absent. */
  readonly xlen?: Xlen | undefined;
  readonly doc: string;
};

/** Major opcodes: bits 6 to 0. */
const MAJOR = {
  LOAD: 0x03,
  CUSTOM_0: 0x0b,
  MISC_MEM: 0x0f,
  OP_IMM: 0x13,
  AUIPC: 0x17,
  OP_IMM_32: 0x1b,
  STORE: 0x23,
  CUSTOM_1: 0x2b,
  AMO: 0x2f,
  OP: 0x33,
  LUI: 0x37,
  OP_32: 0x3b,
  BRANCH: 0x63,
  JALR: 0x67,
  JAL: 0x6f,
  SYSTEM: 0x73,
} as const;

const MAJOR_MASK = 0x0000007f;
const FUNCT3_MASK = 0x0000707f;
const FUNCT6_MASK = 0xfc00707f;
const FUNCT7_MASK = 0xfe00707f;
const FUNCT5_MASK = 0xf800707f;
/** Of `lr`, whose rs2 is zero. */
const FUNCT5_RS2_MASK = 0xf9f0707f;
const ALL_BITS = 0xffffffff;

type Row = readonly [mnemonic: string, funct3: number, doc: string];
type Row7 = readonly [mnemonic: string, funct7: number, funct3: number, doc: string];

const withFunct3 = (
  extension: Extension,
  format: Format,
  major: number,
  rows: readonly Row[],
  xlen?: Xlen,
): readonly OpSpec[] =>
  rows.map(([mnemonic, funct3, doc]) => ({
    mnemonic,
    extension,
    format,
    match: (funct3 << 12) | major,
    mask: FUNCT3_MASK,
    xlen,
    doc,
  }));

const withFunct7 = (
  extension: Extension,
  format: Format,
  major: number,
  rows: readonly Row7[],
  options: { readonly xlen?: Xlen; readonly mask?: number } = {},
): readonly OpSpec[] =>
  rows.map(([mnemonic, funct7, funct3, doc]) => ({
    mnemonic,
    extension,
    format,
    match: ((funct7 << 25) | (funct3 << 12) | major) >>> 0,
    mask: options.mask ?? FUNCT7_MASK,
    xlen: options.xlen,
    doc,
  }));

const SHIFTS: readonly Row7[] = [
  ['slli', 0x00, 1, 'Shift left by a constant.'],
  ['srli', 0x00, 5, 'Logical shift right by a constant.'],
  ['srai', 0x20, 5, 'Arithmetic shift right by a constant.'],
];

type AtomicRow = readonly [name: string, funct5: number, doc: string];

const ATOMICS: readonly AtomicRow[] = [
  ['sc', 0x03, 'Stores rs2 if the reservation holds; rd is 0 then, else 1.'],
  ['amoswap', 0x01, 'rd is the old value, memory rs2.'],
  ['amoadd', 0x00, 'rd is the old value, memory the sum.'],
  ['amoxor', 0x04, 'rd is the old value, memory the exclusive or.'],
  ['amoand', 0x0c, 'rd is the old value, memory the bitwise and.'],
  ['amoor', 0x08, 'rd is the old value, memory the bitwise or.'],
  ['amomin', 0x10, 'rd is the old value, memory the signed minimum.'],
  ['amomax', 0x14, 'rd is the old value, memory the signed maximum.'],
  ['amominu', 0x18, 'rd is the old value, memory the unsigned minimum.'],
  ['amomaxu', 0x1c, 'rd is the old value, memory the unsigned maximum.'],
];

/** Atomics of one width: funct3 2 is a word, 3 a doubleword. */
function atomics(suffix: 'w' | 'd', funct3: number, xlen?: Xlen): readonly OpSpec[] {
  const spec = ([name, funct5, doc]: AtomicRow, format: Format, mask: number): OpSpec => ({
    mnemonic: `${name}.${suffix}`,
    extension: 'A',
    format,
    match: ((funct5 << 27) | (funct3 << 12) | MAJOR.AMO) >>> 0,
    mask,
    xlen,
    doc,
  });
  const reserved: AtomicRow = ['lr', 0x02, 'Loads and reserves the address.'];
  return [
    spec(reserved, 'loadReserved', FUNCT5_RS2_MASK),
    ...ATOMICS.map((row) => spec(row, 'atomic', FUNCT5_MASK)),
  ];
}

const plain = (mnemonic: string, extension: Extension, match: number, doc: string): OpSpec => ({
  mnemonic,
  extension,
  format: 'plain',
  match,
  mask: ALL_BITS,
  doc,
});

/** Every instruction the machines know. */
export const OPCODES: readonly OpSpec[] = [
  {
    mnemonic: 'lui',
    extension: 'I',
    format: 'upper',
    match: MAJOR.LUI,
    mask: MAJOR_MASK,
    doc: 'Loads the upper 20 bits of 32, sign-extended.',
  },
  {
    mnemonic: 'auipc',
    extension: 'I',
    format: 'upper',
    match: MAJOR.AUIPC,
    mask: MAJOR_MASK,
    doc: 'Adds the upper 20 bits of 32, sign-extended, to the program counter.',
  },
  {
    mnemonic: 'jal',
    extension: 'I',
    format: 'jump',
    match: MAJOR.JAL,
    mask: MAJOR_MASK,
    doc: 'Jumps; rd is the address of the next instruction.',
  },
  ...withFunct3('I', 'load', MAJOR.JALR, [
    [
      'jalr',
      0,
      'Jumps to rs1 plus the offset with bit 0 cleared; rd is the address of the next instruction.',
    ],
  ]),
  ...withFunct3('I', 'branch', MAJOR.BRANCH, [
    ['beq', 0, 'Branches when equal.'],
    ['bne', 1, 'Branches when not equal.'],
    ['blt', 4, 'Branches when less, signed.'],
    ['bge', 5, 'Branches when greater or equal, signed.'],
    ['bltu', 6, 'Branches when less, unsigned.'],
    ['bgeu', 7, 'Branches when greater or equal, unsigned.'],
  ]),
  ...withFunct3('I', 'load', MAJOR.LOAD, [
    ['lb', 0, 'Loads a byte, sign-extended.'],
    ['lh', 1, 'Loads a halfword, sign-extended.'],
    ['lw', 2, 'Loads a word, sign-extended.'],
    ['lbu', 4, 'Loads a byte, zero-extended.'],
    ['lhu', 5, 'Loads a halfword, zero-extended.'],
  ]),
  ...withFunct3(
    'I',
    'load',
    MAJOR.LOAD,
    [
      ['ld', 3, 'Loads a doubleword.'],
      ['lwu', 6, 'Loads a word, zero-extended.'],
    ],
    64,
  ),
  ...withFunct3('I', 'store', MAJOR.STORE, [
    ['sb', 0, 'Stores a byte.'],
    ['sh', 1, 'Stores a halfword.'],
    ['sw', 2, 'Stores a word.'],
  ]),
  ...withFunct3('I', 'store', MAJOR.STORE, [['sd', 3, 'Stores a doubleword.']], 64),
  ...withFunct3('I', 'immediate', MAJOR.OP_IMM, [
    ['addi', 0, 'Adds a constant.'],
    ['slti', 2, '1 when less than a constant, signed; else 0.'],
    ['sltiu', 3, '1 when less than the sign-extended constant, unsigned; else 0.'],
    ['xori', 4, 'Exclusive or with a constant.'],
    ['ori', 6, 'Bitwise or with a constant.'],
    ['andi', 7, 'Bitwise and with a constant.'],
  ]),
  ...withFunct7('I', 'shift', MAJOR.OP_IMM, SHIFTS, { xlen: 32 }),
  ...withFunct7('I', 'shift', MAJOR.OP_IMM, SHIFTS, { xlen: 64, mask: FUNCT6_MASK }),
  ...withFunct7('I', 'register', MAJOR.OP, [
    ['add', 0x00, 0, 'Sum.'],
    ['sub', 0x20, 0, 'Difference.'],
    ['sll', 0x00, 1, 'Shift left by the low bits of rs2.'],
    ['slt', 0x00, 2, '1 when less, signed; else 0.'],
    ['sltu', 0x00, 3, '1 when less, unsigned; else 0.'],
    ['xor', 0x00, 4, 'Exclusive or.'],
    ['srl', 0x00, 5, 'Logical shift right by the low bits of rs2.'],
    ['sra', 0x20, 5, 'Arithmetic shift right by the low bits of rs2.'],
    ['or', 0x00, 6, 'Bitwise or.'],
    ['and', 0x00, 7, 'Bitwise and.'],
  ]),
  ...withFunct3('I', 'immediate', MAJOR.OP_IMM_32, [['addiw', 0, 'Adds a constant in 32 bits.']], 64),
  ...withFunct7(
    'I',
    'shift',
    MAJOR.OP_IMM_32,
    SHIFTS.map(([name, funct7, funct3, doc]) => [
      `${name}w`,
      funct7,
      funct3,
      doc.replace('.', ', in 32 bits.'),
    ]),
    { xlen: 64 },
  ),
  ...withFunct7(
    'I',
    'register',
    MAJOR.OP_32,
    [
      ['addw', 0x00, 0, 'Sum in 32 bits.'],
      ['subw', 0x20, 0, 'Difference in 32 bits.'],
      ['sllw', 0x00, 1, 'Shift left in 32 bits.'],
      ['srlw', 0x00, 5, 'Logical shift right in 32 bits.'],
      ['sraw', 0x20, 5, 'Arithmetic shift right in 32 bits.'],
    ],
    { xlen: 64 },
  ),
  ...withFunct7('M', 'register', MAJOR.OP, [
    ['mul', 0x01, 0, 'Product, low half.'],
    ['mulh', 0x01, 1, 'Product, high half, signed.'],
    ['mulhsu', 0x01, 2, 'Product, high half, rs1 signed and rs2 unsigned.'],
    ['mulhu', 0x01, 3, 'Product, high half, unsigned.'],
    ['div', 0x01, 4, 'Quotient, signed; all ones when rs2 is zero.'],
    ['divu', 0x01, 5, 'Quotient, unsigned; all ones when rs2 is zero.'],
    ['rem', 0x01, 6, 'Remainder, signed; rs1 when rs2 is zero.'],
    ['remu', 0x01, 7, 'Remainder, unsigned; rs1 when rs2 is zero.'],
  ]),
  ...withFunct7(
    'M',
    'register',
    MAJOR.OP_32,
    [
      ['mulw', 0x01, 0, 'Product in 32 bits.'],
      ['divw', 0x01, 4, 'Quotient in 32 bits, signed.'],
      ['divuw', 0x01, 5, 'Quotient in 32 bits, unsigned.'],
      ['remw', 0x01, 6, 'Remainder in 32 bits, signed.'],
      ['remuw', 0x01, 7, 'Remainder in 32 bits, unsigned.'],
    ],
    { xlen: 64 },
  ),
  ...atomics('w', 2),
  ...atomics('d', 3, 64),
  ...withFunct3('I', 'fence', MAJOR.MISC_MEM, [['fence', 0, 'Orders accesses; nothing to do on one hart.']]),
  ...withFunct3('Zifencei', 'fence', MAJOR.MISC_MEM, [
    ['fence.i', 1, 'Makes stores visible to the fetch of instructions.'],
  ]),
  plain('ecall', 'I', 0x00000073, 'Asks the host; numbers and arguments are the guest interface’s.'),
  plain('ebreak', 'I', 0x00100073, 'A breakpoint: a trap.'),
  plain('mret', 'Machine', 0x30200073, 'Returns from a trap handler: to the host.'),
  plain('wfi', 'Machine', 0x10500073, 'Waits for an interrupt: to the host.'),
  ...withFunct3('Zicsr', 'csr', MAJOR.SYSTEM, [
    ['csrrw', 1, 'Swaps a control register: to the host.'],
    ['csrrs', 2, 'Reads and sets bits of a control register: to the host.'],
    ['csrrc', 3, 'Reads and clears bits of a control register: to the host.'],
  ]),
  ...withFunct3('Zicsr', 'csrImmediate', MAJOR.SYSTEM, [
    ['csrrwi', 5, 'Writes a constant to a control register: to the host.'],
    ['csrrsi', 6, 'Sets constant bits of a control register: to the host.'],
    ['csrrci', 7, 'Clears constant bits of a control register: to the host.'],
  ]),
  {
    mnemonic: 'custom-0',
    extension: 'Custom',
    format: 'custom',
    match: MAJOR.CUSTOM_0,
    mask: MAJOR_MASK,
    doc: 'An instruction of the guest interface: to the host.',
  },
  {
    mnemonic: 'custom-1',
    extension: 'Custom',
    format: 'custom',
    match: MAJOR.CUSTOM_1,
    mask: MAJOR_MASK,
    doc: 'An instruction of the guest interface: to the host.',
  },
];

/** The instructions of a machine of that width. */
export function opcodesOf(xlen: Xlen): readonly OpSpec[] {
  return OPCODES.filter((spec) => spec.xlen === undefined || spec.xlen === xlen);
}

/** Whether the kernel executes an instruction itself; the host answers the others. */
export function isNative({ extension, mnemonic }: OpSpec): boolean {
  return (
    (extension === 'I' && mnemonic !== 'ecall' && mnemonic !== 'ebreak') ||
    extension === 'M' ||
    extension === 'A'
  );
}

/**
 * Operations of the kernel in order of their numbers: two that are no instructions, then those it
 * executes itself. An illegal word and what the host answers is `host`.
 */
export const OPERATIONS: readonly string[] = [
  'host',
  'pageEnd',
  ...new Set(OPCODES.filter(isNative).map(({ mnemonic }) => mnemonic)),
];
