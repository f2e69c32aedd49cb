/*
 * The one table of instructions. Constants, names, assembler, disassembler and the classes the
 * interpreter asks for are derived from it.
 */

/** What an instruction is about. `disabled` ones fail a script even where they are not executed. */
export type OpcodeGroup =
  | 'push'
  | 'flow'
  | 'stack'
  | 'bytes'
  | 'arithmetic'
  | 'crypto'
  | 'lock'
  | 'nop'
  | 'reserved'
  | 'disabled';

export type OpcodeInfo = {
  readonly code: number;
  /** Bitcoin Core's name. */
  readonly name: string;
  readonly group: OpcodeGroup;
  /** What it takes from the stack and leaves there, the top at the right. */
  readonly effect: string;
};

/** The table: code, name, group, effect. */
export const OPCODE_ROWS = [
  [0x00, 'OP_0', 'push', '-- ""'],
  [0x4c, 'OP_PUSHDATA1', 'push', '-- data'],
  [0x4d, 'OP_PUSHDATA2', 'push', '-- data'],
  [0x4e, 'OP_PUSHDATA4', 'push', '-- data'],
  [0x4f, 'OP_1NEGATE', 'push', '-- -1'],
  [0x50, 'OP_RESERVED', 'reserved', ''],
  [0x51, 'OP_1', 'push', '-- 1'],
  [0x52, 'OP_2', 'push', '-- 2'],
  [0x53, 'OP_3', 'push', '-- 3'],
  [0x54, 'OP_4', 'push', '-- 4'],
  [0x55, 'OP_5', 'push', '-- 5'],
  [0x56, 'OP_6', 'push', '-- 6'],
  [0x57, 'OP_7', 'push', '-- 7'],
  [0x58, 'OP_8', 'push', '-- 8'],
  [0x59, 'OP_9', 'push', '-- 9'],
  [0x5a, 'OP_10', 'push', '-- 10'],
  [0x5b, 'OP_11', 'push', '-- 11'],
  [0x5c, 'OP_12', 'push', '-- 12'],
  [0x5d, 'OP_13', 'push', '-- 13'],
  [0x5e, 'OP_14', 'push', '-- 14'],
  [0x5f, 'OP_15', 'push', '-- 15'],
  [0x60, 'OP_16', 'push', '-- 16'],
  [0x61, 'OP_NOP', 'nop', '--'],
  [0x62, 'OP_VER', 'reserved', ''],
  [0x63, 'OP_IF', 'flow', 'truth --'],
  [0x64, 'OP_NOTIF', 'flow', 'truth --'],
  [0x65, 'OP_VERIF', 'reserved', ''],
  [0x66, 'OP_VERNOTIF', 'reserved', ''],
  [0x67, 'OP_ELSE', 'flow', '--'],
  [0x68, 'OP_ENDIF', 'flow', '--'],
  [0x69, 'OP_VERIFY', 'flow', 'truth --'],
  [0x6a, 'OP_RETURN', 'flow', '--'],
  [0x6b, 'OP_TOALTSTACK', 'stack', 'x --'],
  [0x6c, 'OP_FROMALTSTACK', 'stack', '-- x'],
  [0x6d, 'OP_2DROP', 'stack', 'a b --'],
  [0x6e, 'OP_2DUP', 'stack', 'a b -- a b a b'],
  [0x6f, 'OP_3DUP', 'stack', 'a b c -- a b c a b c'],
  [0x70, 'OP_2OVER', 'stack', 'a b c d -- a b c d a b'],
  [0x71, 'OP_2ROT', 'stack', 'a b c d e f -- c d e f a b'],
  [0x72, 'OP_2SWAP', 'stack', 'a b c d -- c d a b'],
  [0x73, 'OP_IFDUP', 'stack', 'x -- x | x x'],
  [0x74, 'OP_DEPTH', 'stack', '-- n'],
  [0x75, 'OP_DROP', 'stack', 'x --'],
  [0x76, 'OP_DUP', 'stack', 'x -- x x'],
  [0x77, 'OP_NIP', 'stack', 'a b -- b'],
  [0x78, 'OP_OVER', 'stack', 'a b -- a b a'],
  [0x79, 'OP_PICK', 'stack', 'xn … x0 n -- xn … x0 xn'],
  [0x7a, 'OP_ROLL', 'stack', 'xn … x0 n -- … x0 xn'],
  [0x7b, 'OP_ROT', 'stack', 'a b c -- b c a'],
  [0x7c, 'OP_SWAP', 'stack', 'a b -- b a'],
  [0x7d, 'OP_TUCK', 'stack', 'a b -- b a b'],
  [0x7e, 'OP_CAT', 'disabled', ''],
  [0x7f, 'OP_SUBSTR', 'disabled', ''],
  [0x80, 'OP_LEFT', 'disabled', ''],
  [0x81, 'OP_RIGHT', 'disabled', ''],
  [0x82, 'OP_SIZE', 'bytes', 'x -- x size'],
  [0x83, 'OP_INVERT', 'disabled', ''],
  [0x84, 'OP_AND', 'disabled', ''],
  [0x85, 'OP_OR', 'disabled', ''],
  [0x86, 'OP_XOR', 'disabled', ''],
  [0x87, 'OP_EQUAL', 'bytes', 'a b -- truth'],
  [0x88, 'OP_EQUALVERIFY', 'bytes', 'a b --'],
  [0x89, 'OP_RESERVED1', 'reserved', ''],
  [0x8a, 'OP_RESERVED2', 'reserved', ''],
  [0x8b, 'OP_1ADD', 'arithmetic', 'a -- a+1'],
  [0x8c, 'OP_1SUB', 'arithmetic', 'a -- a-1'],
  [0x8d, 'OP_2MUL', 'disabled', ''],
  [0x8e, 'OP_2DIV', 'disabled', ''],
  [0x8f, 'OP_NEGATE', 'arithmetic', 'a -- -a'],
  [0x90, 'OP_ABS', 'arithmetic', 'a -- |a|'],
  [0x91, 'OP_NOT', 'arithmetic', 'a -- a=0'],
  [0x92, 'OP_0NOTEQUAL', 'arithmetic', 'a -- a≠0'],
  [0x93, 'OP_ADD', 'arithmetic', 'a b -- a+b'],
  [0x94, 'OP_SUB', 'arithmetic', 'a b -- a-b'],
  [0x95, 'OP_MUL', 'disabled', ''],
  [0x96, 'OP_DIV', 'disabled', ''],
  [0x97, 'OP_MOD', 'disabled', ''],
  [0x98, 'OP_LSHIFT', 'disabled', ''],
  [0x99, 'OP_RSHIFT', 'disabled', ''],
  [0x9a, 'OP_BOOLAND', 'arithmetic', 'a b -- a∧b'],
  [0x9b, 'OP_BOOLOR', 'arithmetic', 'a b -- a∨b'],
  [0x9c, 'OP_NUMEQUAL', 'arithmetic', 'a b -- a=b'],
  [0x9d, 'OP_NUMEQUALVERIFY', 'arithmetic', 'a b --'],
  [0x9e, 'OP_NUMNOTEQUAL', 'arithmetic', 'a b -- a≠b'],
  [0x9f, 'OP_LESSTHAN', 'arithmetic', 'a b -- a<b'],
  [0xa0, 'OP_GREATERTHAN', 'arithmetic', 'a b -- a>b'],
  [0xa1, 'OP_LESSTHANOREQUAL', 'arithmetic', 'a b -- a≤b'],
  [0xa2, 'OP_GREATERTHANOREQUAL', 'arithmetic', 'a b -- a≥b'],
  [0xa3, 'OP_MIN', 'arithmetic', 'a b -- min'],
  [0xa4, 'OP_MAX', 'arithmetic', 'a b -- max'],
  [0xa5, 'OP_WITHIN', 'arithmetic', 'x low high -- low≤x<high'],
  [0xa6, 'OP_RIPEMD160', 'crypto', 'x -- hash'],
  [0xa7, 'OP_SHA1', 'crypto', 'x -- hash'],
  [0xa8, 'OP_SHA256', 'crypto', 'x -- hash'],
  [0xa9, 'OP_HASH160', 'crypto', 'x -- hash'],
  [0xaa, 'OP_HASH256', 'crypto', 'x -- hash'],
  [0xab, 'OP_CODESEPARATOR', 'crypto', '--'],
  [0xac, 'OP_CHECKSIG', 'crypto', 'sig key -- truth'],
  [0xad, 'OP_CHECKSIGVERIFY', 'crypto', 'sig key --'],
  [0xae, 'OP_CHECKMULTISIG', 'crypto', 'dummy sigs… m keys… n -- truth'],
  [0xaf, 'OP_CHECKMULTISIGVERIFY', 'crypto', 'dummy sigs… m keys… n --'],
  [0xb0, 'OP_NOP1', 'nop', '--'],
  [0xb1, 'OP_CHECKLOCKTIMEVERIFY', 'lock', 'n -- n'],
  [0xb2, 'OP_CHECKSEQUENCEVERIFY', 'lock', 'n -- n'],
  [0xb3, 'OP_NOP4', 'nop', '--'],
  [0xb4, 'OP_NOP5', 'nop', '--'],
  [0xb5, 'OP_NOP6', 'nop', '--'],
  [0xb6, 'OP_NOP7', 'nop', '--'],
  [0xb7, 'OP_NOP8', 'nop', '--'],
  [0xb8, 'OP_NOP9', 'nop', '--'],
  [0xb9, 'OP_NOP10', 'nop', '--'],
  [0xba, 'OP_CHECKSIGADD', 'crypto', 'sig n key -- n+valid'],
] as const;

/** The instructions in the order of their codes; pushes of 1 to 75 bytes have no entry. */
export const OPCODES: readonly OpcodeInfo[] = OPCODE_ROWS.map(([code, name, group, effect]) => ({
  code,
  name,
  group,
  effect,
}));

type OpcodeName = (typeof OPCODE_ROWS)[number][1];

/** Code by name: `OP.OP_DUP === 0x76`. */
export const OP: {
  readonly [Name in OpcodeName]: Extract<
    (typeof OPCODE_ROWS)[number],
    readonly [number, Name, ...unknown[]]
  >[0];
} = Object.fromEntries(OPCODE_ROWS.map(([code, name]) => [name, code])) as never;

const BY_CODE: readonly (OpcodeInfo | undefined)[] = (() => {
  const table: (OpcodeInfo | undefined)[] = Array.from({ length: 256 });
  for (const info of OPCODES) table[info.code] = info;
  return table;
})();

/** The entry of a code; undefined for pushes of 1 to 75 bytes and for codes above OP_CHECKSIGADD. */
export function opcodeInfo(code: number): OpcodeInfo | undefined {
  return BY_CODE[code];
}

/** 1 where a code is disabled. */
const DISABLED: Uint8Array = Uint8Array.from(BY_CODE, (info) => (info?.group === 'disabled' ? 1 : 0));

/** Whether a code fails a legacy or witness v0 script wherever it stands. */
export function isDisabledOpcode(code: number): boolean {
  return DISABLED[code] === 1;
}

/**
 * The codes that make a tapscript succeed at once (BIP 342): 80, 98, 126 to 129, 131 to 134, 137 and
 * 138, 141 and 142, 149 to 153, 187 to 254. They are what was disabled or had no meaning.
 */
const SUCCESS: Uint8Array = (() => {
  const table = new Uint8Array(256);
  for (const [first, last] of [
    [80, 80],
    [98, 98],
    [126, 129],
    [131, 134],
    [137, 138],
    [141, 142],
    [149, 153],
    [187, 254],
  ] as const) {
    table.fill(1, first, last + 1);
  }
  return table;
})();

/** Whether a code is OP_SUCCESSx of BIP 342. */
export function isSuccessOpcode(code: number): boolean {
  return SUCCESS[code] === 1;
}
