import { base64ToBytes, type Bytes } from '@ninefold/base';
import type { Elf, Segment } from '../code/elf.ts';
import { rv32TraceBase64 } from '../generated/rv32-trace.ts';
import { rv32Base64 } from '../generated/rv32.ts';
import { rv64TraceBase64 } from '../generated/rv64-trace.ts';
import { rv64Base64 } from '../generated/rv64.ts';
import { CODE_SPACE_BYTES, PAGE_BYTES } from '../spec/limits.ts';
import type { Xlen } from '../spec/opcodes.ts';
import { createGuestMemory, type GuestMemory, type MemoryObserver } from './guest-memory.ts';
import { BLOCK, BLOCK_BYTES, CODE_PAGE_BYTES, PAGE_COUNT, PAGE_ENTRY, RECORD, STATUS } from './layout.ts';
import { writeRecords } from './records.ts';
import { createRowBuffer, type RowObserver } from './rows.ts';
import { GuestFault, type Limit, type Trap, type TrapKind } from './traps.ts';

/** How a machine is made for one guest. */
export type MachineSetup = {
  readonly elf: Elf;
  /** Addresses that may be touched: from `low` up to before `high`, whole pages. */
  readonly bounds: { readonly low: number; readonly high: number };
  /**
   * What is executed: `program` is the executable segments as they are in the file, which stores do
   * not change; `memory` is any page that is there, seen anew after each `fence.i`.
   */
  readonly fetch: 'program' | 'memory';
  readonly misaligned: 'supported' | 'trap';
  readonly maxCycles: number;
  readonly maxMemoryBytes: number;
  /** Takes a row for each instruction that retires; slows the machine down. */
  readonly rows?: RowObserver | undefined;
  /** Is told what host calls do to memory. */
  readonly observe?: MemoryObserver | undefined;
};

/** Why a machine stands still. */
export type Stop = HostStop | FinalStop;

/** At an instruction of the host; it has been counted, and the program counter is still at it. */
export type HostStop = { readonly kind: 'host'; readonly pc: bigint; readonly word: number };

/** The guest cannot go on. */
export type FinalStop =
  | { readonly kind: 'trap'; readonly trap: Trap }
  | { readonly kind: 'limit'; readonly limit: Limit };

/** A guest and its state, as the run loop and host calls see them. */
export type Machine = {
  readonly xlen: Xlen;
  readonly memory: GuestMemory;
  /** Puts the program's segments into memory; throws a `GuestFault` where they may not be. */
  readonly load: () => void;
  /** Runs until the host is needed or the guest cannot go on. */
  readonly resume: () => Stop;
  /** Value of x0 to x31, unsigned. */
  readonly register: (index: number) => bigint;
  /** As {@link Machine.register}, exact below 2^53: for addresses and lengths, which memory checks. */
  readonly word: (index: number) => number;
  /** Truncates `value` to the register's width; a write to x0 is dropped. */
  readonly setRegister: (index: number, value: bigint) => void;
  readonly pc: () => bigint;
  readonly setPc: (pc: bigint) => void;
  /** Instructions retired. */
  readonly cycles: () => number;
  /** Takes the host's instruction back out of the count: it has trapped. */
  readonly uncount: () => void;
  /** Loads and stores that were not aligned. */
  readonly misaligned: () => number;
  /** Memory the guest has touched. */
  readonly memoryBytes: () => number;
  /** Makes stores visible to the fetch of instructions (`fence.i`). */
  readonly dropCode: () => void;
  /** From here on all that is done to registers and memory is undone by {@link Machine.leaveShadow}. */
  readonly enterShadow: () => void;
  /** The program counter at which the shadow was entered; `undefined` when there is none. */
  readonly leaveShadow: () => bigint | undefined;
};

type KernelExports = {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: WebAssembly.Global<'i32'>;
  readonly run: (vm: number) => number;
};

const WASM_PAGE_BYTES = 65_536;
const PAGE_TABLE_BYTES = PAGE_COUNT * PAGE_ENTRY.BYTES;
const CODE_TABLE_BYTES = PAGE_COUNT * 4;
const NO_RESERVATION = 2n ** 64n - 1n;

const KERNELS: Readonly<Record<Xlen, { readonly plain: string; readonly tracing: string }>> = {
  32: { plain: rv32Base64, tracing: rv32TraceBase64 },
  64: { plain: rv64Base64, tracing: rv64TraceBase64 },
};

const modules = new Map<string, WebAssembly.Module>();

function compile(base64: string): WebAssembly.Module {
  let module = modules.get(base64);
  if (module === undefined) {
    module = new WebAssembly.Module(base64ToBytes(base64) as Uint8Array<ArrayBuffer>);
    modules.set(base64, module);
  }
  return module;
}

const ACCESS_TRAPS: Readonly<Record<number, TrapKind>> = {
  [STATUS.LOAD_MISALIGNED]: 'loadMisaligned',
  [STATUS.STORE_MISALIGNED]: 'storeMisaligned',
  [STATUS.FETCH_MISALIGNED]: 'fetchMisaligned',
};

const align = (address: number, size: number): number => Math.ceil(address / size) * size;

/** Pages by their numbers; the kernel's table is a cache of it. */
type Space = { readonly table: number; readonly pages: Map<number, number> };

/** Makes a fresh kernel for a guest, which `load` puts there. Synchronous: the kernel has some 10 KiB. */
export function createMachine(setup: MachineSetup): Machine {
  const { elf } = setup;
  const { xlen } = elf;
  // The kernel's table of pages has no tags in RV32: a page beyond 4 GiB would pass for one at its start.
  const bounds = { low: setup.bounds.low, high: Math.min(setup.bounds.high, 2 ** xlen) };
  const { plain, tracing } = KERNELS[xlen];
  const kernel = new WebAssembly.Instance(compile(setup.rows ? tracing : plain))
    .exports as unknown as KernelExports;

  const block = align(kernel.heapBase.value as number, 16);
  const code = align(block + BLOCK_BYTES, 16);
  const ownTable = code + CODE_TABLE_BYTES;
  let shadowTable = 0;
  let free = align(ownTable + PAGE_TABLE_BYTES, PAGE_BYTES);
  let bytes: Bytes = new Uint8Array(0);
  let view = new DataView(bytes.buffer);

  /**
   * Makes `size` bytes of fresh zeros; growth is in proportion to what is there. Decoded code is not
   * counted as the guest's memory, but the platform may have no more of it either.
   */
  const allocate = (size: number): number => {
    const at = free;
    free += size;
    const { memory } = kernel;
    const missing = free - memory.buffer.byteLength;
    if (missing > 0) {
      const grown = Math.max(missing, Math.min(memory.buffer.byteLength / 4, 2 ** 26));
      try {
        memory.grow(Math.ceil(grown / WASM_PAGE_BYTES));
      } catch {
        throw new GuestFault({ limit: 'memory' });
      }
    }
    if (bytes.buffer !== memory.buffer) {
      bytes = new Uint8Array(memory.buffer);
      view = new DataView(memory.buffer);
    }
    return at;
  };
  allocate(0);
  const rowBuffer = setup.rows && createRowBuffer(setup.rows, allocate, () => view, block);

  const setField = (offset: number, value: number): void => view.setUint32(block + offset, value, true);
  const getLong = (offset: number): bigint => view.getBigUint64(block + offset, true);
  const setLong = (offset: number, value: bigint): void => view.setBigUint64(block + offset, value, true);
  setField(BLOCK.PAGES, ownTable);
  setField(BLOCK.CODE, code);
  setField(BLOCK.MISALIGNED_TRAPS, setup.misaligned === 'trap' ? 1 : 0);
  setLong(BLOCK.RESERVATION, NO_RESERVATION);
  setLong(BLOCK.LEFT, BigInt(setup.maxCycles));
  setLong(BLOCK.PC, BigInt(elf.entry));

  // Pages of memory

  const own: Space = { table: ownTable, pages: new Map() };
  let shadow: { readonly space: Space; readonly registers: Bytes; readonly pc: bigint } | undefined;
  const spare: number[] = [];
  let pageCount = 0;

  /** @param address what is accessed there */
  const makePage = (number: number, kind: 'read' | 'write', address: number): number => {
    if (address < bounds.low || address >= bounds.high) {
      const trap = kind === 'read' ? 'loadAccess' : 'storeAccess';
      throw new GuestFault({ trap: { kind: trap, address: BigInt(address) } });
    }
    if ((pageCount + 1) * PAGE_BYTES > setup.maxMemoryBytes) throw new GuestFault({ limit: 'memory' });
    pageCount++;
    const page = spare.pop() ?? allocate(PAGE_BYTES);
    const original = shadow && own.pages.get(number);
    if (original === undefined) bytes.fill(0, page, page + PAGE_BYTES);
    else bytes.copyWithin(page, original, original + PAGE_BYTES);
    return page;
  };

  /** Where the page of an address is, which is made when there is none; the kernel's table has it then. */
  const pageOf = (address: number, kind: 'read' | 'write'): number => {
    const number = Math.floor(address / PAGE_BYTES);
    const { table, pages } = shadow?.space ?? own;
    let page = pages.get(number);
    if (page === undefined) {
      page = makePage(number, kind, address);
      pages.set(number, page);
    }
    const entry = table + (number % PAGE_COUNT) * PAGE_ENTRY.BYTES;
    view.setUint32(entry + PAGE_ENTRY.HOST, page, true);
    view.setUint32(entry + PAGE_ENTRY.TAG, Math.floor(number / PAGE_COUNT), true);
    return page;
  };

  const hostOf = (address: number, kind: 'read' | 'write'): number =>
    pageOf(address, kind) + (address % PAGE_BYTES);
  const memory = createGuestMemory(() => bytes, hostOf, setup.observe);

  // Code

  const codeEntries: number[] = [];
  const spareCode: number[] = [];

  /** The words of the page that starts at `address`; `undefined` when it cannot be executed. */
  const wordsOf = (address: number): ((index: number) => number) | undefined => {
    if (setup.fetch === 'program') return programWords(elf.segments, address);
    const page = own.pages.get(address / PAGE_BYTES);
    return page === undefined ? undefined : (index) => view.getUint32(page + 4 * index, true);
  };

  /** Decodes the page of the program counter; false when it cannot be executed. */
  const decodePage = (pc: bigint): boolean => {
    if (pc >= CODE_SPACE_BYTES) return false;
    const address = Number(pc) - (Number(pc) % PAGE_BYTES);
    if (wordsOf(address) === undefined) return false;
    const at = spareCode.pop() ?? allocate(CODE_PAGE_BYTES);
    writeRecords(view, at, wordsOf(address) as (index: number) => number, xlen);
    const entry = 4 * (address / PAGE_BYTES);
    view.setUint32(code + entry, at, true);
    codeEntries.push(entry);
    return true;
  };

  const dropCode = (): void => {
    for (const entry of codeEntries.splice(0)) {
      spareCode.push(view.getUint32(code + entry, true));
      view.setUint32(code + entry, 0, true);
    }
  };

  // Running

  const pc = (): bigint => getLong(BLOCK.PC);

  /** Does what the kernel needs to go on, or says why it cannot. */
  const serve = (status: number): Stop | undefined => {
    switch (status) {
      case STATUS.FETCH: {
        const here = pc();
        if (decodePage(here)) return undefined;
        return { kind: 'trap', trap: { kind: 'fetchAccess', pc: here, address: here } };
      }
      case STATUS.LOAD_PAGE:
      case STATUS.STORE_PAGE: {
        const address = getLong(BLOCK.ADDRESS);
        const kind = status === STATUS.LOAD_PAGE ? 'loadAccess' : 'storeAccess';
        if (address < bounds.low || address >= bounds.high)
          return { kind: 'trap', trap: { kind, pc: pc(), address } };
        hostOf(Number(address), status === STATUS.LOAD_PAGE ? 'read' : 'write');
        return undefined;
      }
      case STATUS.ROWS_FULL:
        rowBuffer?.flush();
        return undefined;
      case STATUS.LIMIT:
        return { kind: 'limit', limit: 'cycles' };
      case STATUS.HOST: {
        const here = Number(pc());
        const page = view.getUint32(code + 4 * Math.floor(here / PAGE_BYTES), true);
        const record = page + ((here % PAGE_BYTES) / 4) * RECORD.BYTES;
        return { kind: 'host', pc: pc(), word: view.getUint32(record + RECORD.IMM, true) };
      }
      default: {
        const kind = ACCESS_TRAPS[status] as TrapKind;
        return { kind: 'trap', trap: { kind, pc: pc(), address: getLong(BLOCK.ADDRESS) } };
      }
    }
  };

  const resume = (): Stop => {
    try {
      let stop: Stop | undefined;
      while (stop === undefined) stop = serve(kernel.run(block));
      rowBuffer?.flush();
      return stop;
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      rowBuffer?.flush();
      return stopOf(error, pc());
    }
  };

  const registerAt = (index: number): number => block + BLOCK.REGISTERS + 8 * index;
  return {
    xlen,
    memory,
    load: () => {
      // Not through the observer: what a program begins with is no host call.
      const loader = createGuestMemory(() => bytes, hostOf, undefined);
      for (const segment of elf.segments) loader.write(segment.address, segment.bytes);
    },
    resume,
    register: (index) => view.getBigUint64(registerAt(index), true),
    word: (index) => Number(view.getBigUint64(registerAt(index), true)),
    setRegister: (index, value) => {
      if (index !== 0) view.setBigUint64(registerAt(index), BigInt.asUintN(xlen, value), true);
    },
    pc,
    setPc: (value) => setLong(BLOCK.PC, BigInt.asUintN(xlen, value)),
    cycles: () => setup.maxCycles - Number(getLong(BLOCK.LEFT)),
    uncount: () => setLong(BLOCK.LEFT, getLong(BLOCK.LEFT) + 1n),
    misaligned: () => Number(getLong(BLOCK.MISALIGNED)),
    memoryBytes: () => pageCount * PAGE_BYTES,
    dropCode,
    enterShadow: () => {
      if (shadowTable === 0) shadowTable = allocate(PAGE_TABLE_BYTES);
      const at = block + BLOCK.REGISTERS;
      shadow = {
        space: { table: shadowTable, pages: new Map() },
        registers: bytes.slice(at, at + BLOCK.PC - BLOCK.REGISTERS),
        pc: pc(),
      };
      setField(BLOCK.PAGES, shadowTable);
    },
    leaveShadow: () => {
      if (shadow === undefined) return undefined;
      const { registers, pc: entered, space } = shadow;
      for (const [number, page] of space.pages) {
        view.setUint32(shadowTable + (number % PAGE_COUNT) * PAGE_ENTRY.BYTES + PAGE_ENTRY.HOST, 0, true);
        spare.push(page);
      }
      pageCount -= space.pages.size;
      bytes.set(registers, block + BLOCK.REGISTERS);
      setField(BLOCK.PAGES, ownTable);
      shadow = undefined;
      return entered;
    },
  };
}

/** What a fault that was thrown at `pc` means for the run. */
export function stopOf({ ending }: GuestFault, pc: bigint): FinalStop {
  return 'limit' in ending
    ? { kind: 'limit', limit: ending.limit }
    : { kind: 'trap', trap: { ...ending.trap, pc } };
}

/** The words of a page as the file has them; 0, which is no instruction, where it has none. */
function programWords(segments: readonly Segment[], page: number): ((index: number) => number) | undefined {
  const own = segments.filter(
    ({ address, bytes, isExecutable }) =>
      isExecutable && address < page + PAGE_BYTES && address + bytes.length > page,
  );
  if (own.length === 0) return undefined;
  const content = new DataView(new ArrayBuffer(PAGE_BYTES));
  for (const { address, bytes } of own) {
    for (let i = Math.max(0, page - address); i < bytes.length && address + i < page + PAGE_BYTES; i++) {
      content.setUint8(address + i - page, bytes[i] as number);
    }
  }
  return (index) => content.getUint32(4 * index, true);
}
