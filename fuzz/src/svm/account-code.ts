import type { Rng } from '@ninefold/base';
import { type InstructionFields, instructionBytes, syscallKey, writeElf } from '@ninefold/vm-svm';
import { ADD_64_IMM, CALL, EXIT, FRAME_POINTER, LDDW, MOV_64_IMM, MOV_64_REG } from './instructions.ts';

// Random programs of version 3 that read, write, lengthen and cut the data of their accounts, move lamports, give
// accounts away, and call programs with them. They find the accounts in the input by themselves.

/** Accounts that these programs are given. */
export const ACCOUNTS = 4;

/** Where an account's fields are from its begin, in the input of a loader. */
type Form = {
  readonly duplicateBytes: number;
  readonly key: number;
  readonly lamports: number;
  readonly length: number;
  readonly data: number;
  /** None where the owner stands behind the data. */
  readonly owner: number | undefined;
};

const ALIGNED: Form = { duplicateBytes: 8, key: 8, owner: 40, lamports: 72, length: 80, data: 88 };
const UNALIGNED: Form = {
  duplicateBytes: 1,
  key: 3,
  owner: undefined,
  lamports: 35,
  length: 43,
  data: 51,
};

const INCREASE = 10_240;
const HEAP_HIGH = 3;
/** Places on the heap: instruction, its accounts, its data, structures of accounts, results. */
const CALLED = 0;
const METAS = 64;
const DATA = 160;
const INFOS = 256;
const RESULT = 1024;
const META_BYTES = 16;
const INFO_BYTES = 56;

// Instructions, by what they do.
const movImm = (dst: number, imm: number): InstructionFields => [MOV_64_IMM, dst, 0, 0, imm];
const mov = (dst: number, src: number): InstructionFields => [MOV_64_REG, dst, src, 0, 0];
const addImm = (dst: number, imm: number): InstructionFields => [ADD_64_IMM, dst, 0, 0, imm];
const add = (dst: number, src: number): InstructionFields => [0x0f, dst, src, 0, 0];
const sub = (dst: number, src: number): InstructionFields => [0x1f, dst, src, 0, 0];
const andImm = (dst: number, imm: number): InstructionFields => [0x57, dst, 0, 0, imm];
const shiftLeft = (dst: number, imm: number): InstructionFields => [0x67, dst, 0, 0, imm];
const load = (bytes: Width, dst: number, src: number, offset: number): InstructionFields => [
  LOADS[bytes],
  dst,
  src,
  offset,
  0,
];
const store = (bytes: Width, dst: number, offset: number, src: number): InstructionFields => [
  STORES[bytes],
  dst,
  src,
  offset,
  0,
];
const jump = (offset: number): InstructionFields => [0x05, 0, 0, offset, 0];
const jumpIf = (opcode: number, dst: number, imm: number, offset: number): InstructionFields => [
  opcode,
  dst,
  0,
  offset,
  imm,
];
const syscall = (name: string): InstructionFields => [CALL, 0, 0, 0, syscallKey(name)];
const exit: InstructionFields = [EXIT, 0, 0, 0, 0];
const EQUAL = 0x15;
const GREATER = 0x25;

type Width = 1 | 2 | 4 | 8;
const LOADS: Readonly<Record<Width, number>> = { 1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79 };
const STORES: Readonly<Record<Width, number>> = { 1: 0x73, 2: 0x6b, 4: 0x63, 8: 0x7b };
const WIDTHS: readonly Width[] = [1, 2, 4, 8];

const wide = (dst: number, low: number, high: number): readonly InstructionFields[] => [
  [LDDW, dst, 0, 0, low],
  [0, 0, 0, 0, high],
];
const heap = (dst: number, offset: number): readonly InstructionFields[] => wide(dst, offset, HEAP_HIGH);

/** Where the stack has the begin of an account. */
const slotOf = (account: number): number => -8 * (account + 1);

/** Notes where the accounts begin, from r6 on. */
function parse(form: Form): readonly InstructionFields[] {
  const slots: InstructionFields[] = [mov(6, 1), addImm(6, 8)];
  for (let account = 0; account < ACCOUNTS; account++) {
    const duplicate: readonly InstructionFields[] = [
      mov(3, FRAME_POINTER),
      shiftLeft(1, 3),
      sub(3, 1),
      load(8, 2, 3, -8),
      store(8, FRAME_POINTER, slotOf(account), 2),
      addImm(6, form.duplicateBytes),
    ];
    const end: readonly InstructionFields[] =
      form.owner === undefined
        ? [addImm(6, form.data + 32 + 1 + 8)]
        : [addImm(6, form.data + INCREASE + 7), andImm(6, -8), addImm(6, 8)];
    const own: readonly InstructionFields[] = [
      store(8, FRAME_POINTER, slotOf(account), 6),
      load(8, 2, 6, form.length),
      add(6, 2),
      ...end,
    ];
    slots.push(load(1, 1, 6, 0), jumpIf(EQUAL, 1, 255, duplicate.length + 1));
    slots.push(...duplicate, jump(own.length), ...own);
  }
  return slots;
}

/** Puts a place in an account's data, or around them, into a register; r9 is left at the account. */
function place(rng: Rng, form: Form, register: number, account: number): readonly InstructionFields[] {
  const slots: InstructionFields[] = [load(8, 9, FRAME_POINTER, slotOf(account)), mov(register, 9)];
  slots.push(addImm(register, form.data));
  const near = rng.below(20) - 10;
  switch (rng.below(8)) {
    case 0:
      slots.push(load(8, 8, 9, form.length), add(register, 8), addImm(register, near));
      break;
    case 1:
      slots.push(load(8, 8, 9, form.length), add(register, 8), addImm(register, INCREASE + near));
      break;
    case 2:
      slots.push(addImm(register, rng.below(INCREASE + 400)));
      break;
    case 3:
      slots.push(addImm(register, near));
      break;
    default:
      slots.push(addImm(register, rng.below(48)));
  }
  return slots;
}

/** Addresses that a program knows: its own, and one that may not be among its accounts. */
type Known = { readonly self: Uint8Array; readonly stranger: Uint8Array };

type Action = (rng: Rng, form: Form, known: Known) => readonly InstructionFields[];

const anyAccount = (rng: Rng): number => rng.below(ACCOUNTS - 1);

const ACTIONS: readonly Action[] = [
  // Stores.
  (rng, form) => [
    ...place(rng, form, 7, anyAccount(rng)),
    movImm(8, rng.u32() | 0),
    store(rng.pick(WIDTHS), 7, 0, 8),
  ],
  // Loads, which the log shows.
  (rng, form) => [
    ...place(rng, form, 7, anyAccount(rng)),
    load(rng.pick(WIDTHS), 1, 7, 0),
    ...[2, 3, 4, 5].map((register) => movImm(register, register)),
    syscall('sol_log_64_'),
  ],
  // Length as the program says it is.
  (rng, form) => [
    load(8, 9, FRAME_POINTER, slotOf(anyAccount(rng))),
    load(8, 8, 9, form.length),
    addImm(8, rng.pick([1, 7, -1, -5, 16, 100, 300, INCREASE, INCREASE + 1])),
    store(8, 9, form.length, 8),
  ],
  (rng, form) => [
    load(8, 9, FRAME_POINTER, slotOf(anyAccount(rng))),
    movImm(8, rng.pick([0, 1, 8, 40, 100])),
    store(8, 9, form.length, 8),
  ],
  // Lamports from one account to another.
  (rng, form) => {
    const amount = rng.below(1000);
    return [
      load(8, 9, FRAME_POINTER, slotOf(anyAccount(rng))),
      load(8, 8, 9, form.lamports),
      addImm(8, -amount),
      store(8, 9, form.lamports, 8),
      load(8, 9, FRAME_POINTER, slotOf(anyAccount(rng))),
      load(8, 8, 9, form.lamports),
      addImm(8, amount),
      store(8, 9, form.lamports, 8),
    ];
  },
  // Memory syscalls.
  (rng, form) => [
    ...place(rng, form, 1, anyAccount(rng)),
    ...place(rng, form, 2, anyAccount(rng)),
    movImm(3, rng.pick([0, 1, 8, 33, 300])),
    syscall(rng.pick(['sol_memcpy_', 'sol_memmove_'])),
  ],
  (rng, form) => [
    ...place(rng, form, 1, anyAccount(rng)),
    movImm(2, rng.below(256)),
    movImm(3, rng.pick([0, 1, 8, 33, 300])),
    syscall('sol_memset_'),
  ],
  (rng, form) => [
    ...place(rng, form, 1, anyAccount(rng)),
    ...place(rng, form, 2, anyAccount(rng)),
    ...place(rng, form, 4, anyAccount(rng)),
    andImm(4, -8),
    movImm(3, rng.pick([0, 1, 8, 33])),
    syscall('sol_memcmp_'),
  ],
  // Syscalls that write elsewhere, and that read.
  (rng, form) => [...place(rng, form, 1, anyAccount(rng)), andImm(1, -8), syscall('sol_get_clock_sysvar')],
  (rng, form) => [
    ...place(rng, form, 1, anyAccount(rng)),
    movImm(2, rng.below(24)),
    syscall('sol_set_return_data'),
  ],
  (rng, form) => [
    ...place(rng, form, 1, anyAccount(rng)),
    movImm(2, rng.below(24)),
    ...heap(3, RESULT),
    syscall('sol_get_return_data'),
  ],
];

/** Writes bytes, eight at a time, to a place behind a register. */
function write(register: number, offset: number, bytes: Uint8Array): readonly InstructionFields[] {
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  padded.set(bytes);
  const words = new Uint32Array(padded.buffer);
  const slots: InstructionFields[] = [];
  for (let at = 0; at < bytes.length; at += 8) {
    slots.push(...wide(8, (words[at / 4] as number) | 0, (words[at / 4 + 1] as number) | 0));
    slots.push(store(8, register, offset + at, 8));
  }
  return slots;
}

/** Gives an account away: most of the time to nobody in particular. */
const giveAway: Action = (rng, { owner }, { self }) => {
  if (owner === undefined) return [];
  const slots: InstructionFields[] = [load(8, 9, FRAME_POINTER, slotOf(anyAccount(rng)))];
  return [...slots, ...write(9, owner, rng.below(3) === 0 ? self : new Uint8Array(32))];
};

/** What the last account, if it is the system program, may be asked for. */
function systemData(rng: Rng, self: Uint8Array): Uint8Array {
  const data = new Uint8Array(56);
  const view = new DataView(data.buffer);
  const tag = rng.pick([0, 1, 2, 8, 8]);
  view.setUint32(0, tag, true);
  if (tag === 1) {
    data.set(self, 4);
    return data.slice(0, 36);
  }
  view.setBigUint64(4, BigInt(tag === 8 ? rng.below(300) : rng.pick([0, 1, 1_000_000, 3_000_000])), true);
  if (tag !== 0) return data.slice(0, 12);
  view.setBigUint64(12, BigInt(rng.below(300)), true);
  data.set(self, 20);
  return data.slice(0, 52);
}

/** Calls the last account, with some of the others. */
const call: Action = (rng, form, { self, stranger }) => {
  const slots: InstructionFields[] = [...heap(7, 0)];
  const put = (offset: number, register: number): void => void slots.push(store(8, 7, offset, register));
  const putImm = (offset: number, imm: number): void => {
    slots.push(movImm(8, imm));
    put(offset, 8);
  };
  const putHeap = (offset: number, target: number): void => {
    slots.push(...heap(8, target));
    put(offset, 8);
  };
  const data = systemData(rng, self);
  const count = rng.below(ACCOUNTS);
  slots.push(load(8, 9, FRAME_POINTER, slotOf(ACCOUNTS - 1)), addImm(9, form.key));
  put(CALLED, 9);
  putHeap(CALLED + 8, METAS);
  putImm(CALLED + 16, count);
  putHeap(CALLED + 24, DATA);
  putImm(CALLED + 32, data.length);
  for (let i = 0; i < count; i++) {
    const at = METAS + META_BYTES * i;
    // The account's own rights, or fewer.
    slots.push(load(8, 9, FRAME_POINTER, slotOf(i)), load(1, 8, 9, 2));
    if (rng.below(6) === 0) slots.push(movImm(8, 0));
    slots.push(store(1, 7, at + 8, 8), load(1, 8, 9, 1), store(1, 7, at + 9, 8), addImm(9, form.key));
    put(at, 9);
    if (rng.below(30) === 0) {
      slots.push(...write(7, RESULT, stranger));
      putHeap(at, RESULT);
    }
  }
  slots.push(...write(7, DATA, data));
  for (let i = 0; i < ACCOUNTS; i++) {
    const at = INFOS + INFO_BYTES * i;
    const pointer = (offset: number, field: number): void => {
      slots.push(mov(8, 9), addImm(8, field));
      put(at + offset, 8);
    };
    slots.push(load(8, 9, FRAME_POINTER, slotOf(i)));
    pointer(0, form.key);
    pointer(8, form.lamports);
    slots.push(load(8, 8, 9, form.length));
    if (rng.below(12) === 0) slots.push(addImm(8, rng.pick([1, -1, 50, INCREASE, INCREASE + 1])));
    put(at + 16, 8);
    pointer(24, form.data);
    if (form.owner === undefined) slots.push(load(8, 8, 9, form.length), add(8, 9), addImm(8, form.data));
    else slots.push(mov(8, 9), addImm(8, form.owner));
    put(at + 32, 8);
    putImm(at + 40, 0);
    putImm(at + 48, 0);
  }
  slots.push(mov(1, 7), ...heap(2, INFOS), movImm(3, ACCOUNTS), movImm(4, 0), movImm(5, 0));
  slots.push(syscall('sol_invoke_signed_c'));
  return slots;
};

/** Some actions, one after the other. */
function actions(rng: Rng, form: Form, known: Known, kinds: readonly Action[]): readonly InstructionFields[] {
  // Most fail at something: few that come to their end are worth more than many that do not.
  const count = 1 + rng.below(rng.pick([2, 6]));
  return Array.from({ length: count }, () => rng.pick(kinds)(rng, form, known)).flat();
}

/**
 * A program, for the input of the first loader or of later ones. Called by a program it
 * does other things than called by a transaction.
 */
export function accountProgram(rng: Rng, known: Known, isUnaligned: boolean): Uint8Array {
  const form = isUnaligned ? UNALIGNED : ALIGNED;
  const inner = actions(rng, form, known, [...ACTIONS, giveAway]);
  const outer = actions(rng, form, known, [...ACTIONS, call, call, call, giveAway]);
  const end: readonly InstructionFields[] = [movImm(0, 0), exit];
  const text = instructionBytes([
    ...parse(form),
    syscall('sol_get_stack_height'),
    jumpIf(GREATER, 0, 1, outer.length + end.length),
    ...outer,
    ...end,
    ...inner,
    ...end,
  ]);
  return writeElf(text);
}
