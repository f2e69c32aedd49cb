import { describe, expect, it } from 'vitest';
import { ROW } from '../src/engine/layout.ts';
import type { Row } from '../src/engine/rows.ts';
import type { Abi } from '../src/host/abi.ts';
import { createRiscv } from '../src/run.ts';
import type { Xlen } from '../src/spec/opcodes.ts';
import { assemble } from './support/assemble.ts';
import { instructionBytes, writeElf } from '../src/code/write-elf.ts';
import { programElf, TEXT_ADDRESS } from './support/elf.ts';
import { codeOf, haltingAbi, runText } from './support/run.ts';

const DATA = 0x2_0000;

describe.each<Xlen>([32, 64])('a machine of RV%i', (xlen) => {
  it('begins at the entry with registers of zero and ends by a call', () => {
    const registers: bigint[] = [];
    const abi = haltingAbi({
      seen: (register) => registers.push(...Array.from({ length: 32 }, (_, i) => register(i))),
    });
    const result = runText(xlen, 'ecall', { abi });
    expect(result).toMatchObject({
      outcome: { kind: 'exit', code: 0 },
      cycles: 1,
      misaligned: 0,
      hostCalls: {},
    });
    expect(registers).toEqual(new Array(32).fill(0n));
  });

  it('runs a loop with an exact count', () => {
    // 2 for li, 10 times round the loop of 3, 1 for the call.
    const { outcome, cycles } = runText(
      xlen,
      `li t0, 10
       add a0, a0, t0
       addi t0, t0, -1
       bne t0, zero, -8
       ecall`,
    );
    expect(outcome).toEqual({ kind: 'exit', code: 55 });
    expect(cycles).toBe(2 + 30 + 1);
  });

  it.each([0, 1, 12, 32])('stops after %i instructions when that is the limit', (cycles) => {
    const result = runText(xlen, 'li t0, 10\nadd a0, a0, t0\naddi t0, t0, -1\nbne t0, zero, -8\necall', {
      limits: { cycles },
    });
    expect(result).toMatchObject({ outcome: { kind: 'limit', limit: 'cycles' }, cycles });
  });

  it('goes on from page to page of code, and jumps between them', () => {
    const nops = new Array(2500).fill('addi a0, a0, 1').join('\n');
    const result = runText(xlen, `${nops}\necall`);
    expect(result).toMatchObject({ outcome: { kind: 'exit', code: 2500 }, cycles: 2501 });
    const far = runText(xlen, `jal zero, 8004\n${nops}\necall`);
    expect(far).toMatchObject({ outcome: { kind: 'exit', code: 500 }, cycles: 502 });
  });

  it('falls off the end of the code', () => {
    const words = new Array(1024).fill(0x13) as number[];
    const elf = writeElf(xlen, [{ address: 0x1_0000, bytes: instructionBytes(words), flags: 5 }], 0x1_0000);
    expect(createRiscv({ elf, abi: haltingAbi() }).run()).toMatchObject({
      outcome: { kind: 'trap', trap: { kind: 'fetchAccess', pc: 0x1_1000n, address: 0x1_1000n } },
      cycles: 1024,
    });
  });

  it('takes words without meaning, and those between code and page end, as illegal', () => {
    expect(runText(xlen, 'addi a0, a0, 1\n.word 0xffffffff')).toMatchObject({
      outcome: {
        kind: 'trap',
        trap: { kind: 'illegalInstruction', pc: BigInt(TEXT_ADDRESS + 4), word: 0xffffffff },
      },
      cycles: 1,
    });
    expect(runText(xlen, 'addi a0, a0, 1').outcome).toMatchObject({
      trap: { kind: 'illegalInstruction', word: 0 },
    });
    expect(runText(xlen, 'mret').outcome).toMatchObject({
      trap: { kind: 'illegalInstruction', word: 0x30200073 },
    });
  });

  it('traps at a breakpoint, which has not retired', () => {
    expect(runText(xlen, 'ebreak')).toMatchObject({ outcome: { trap: { kind: 'breakpoint' } }, cycles: 0 });
  });

  it.each([
    ['jal zero, 6', 6],
    ['jalr zero, 2(zero)', -TEXT_ADDRESS + 2],
    ['beq zero, zero, 10', 10],
  ])('does not jump to half instructions: %s', (text, offset) => {
    expect(runText(xlen, text)).toMatchObject({
      outcome: {
        trap: { kind: 'fetchMisaligned', pc: BigInt(TEXT_ADDRESS), address: BigInt(TEXT_ADDRESS + offset) },
      },
      cycles: 0,
    });
  });

  it('does not write the link of a jump that traps, and does of one that leads nowhere', () => {
    let link = 0n;
    const abi = haltingAbi({ seen: (register) => (link = register(1)) });
    expect(runText(xlen, 'jal ra, 6', { abi }).outcome.kind).toBe('trap');
    expect(runText(xlen, 'jalr ra, 0(zero)', { abi })).toMatchObject({
      outcome: { trap: { kind: 'fetchAccess', pc: 0n } },
      cycles: 1,
    });
    expect(link).toBe(0n);
  });

  it('clears bit 0 of a jump through a register, and reads rs1 before it writes rd', () => {
    const { outcome } = runText(
      xlen,
      `auipc ra, 0
       addi ra, ra, 21
       jalr ra, 0(ra)
       ebreak
       ebreak
       addi a0, ra, 0
       ecall`,
    );
    expect(outcome).toEqual({ kind: 'exit', code: TEXT_ADDRESS + 12 });
  });

  it('gives zeros where nothing was written, and what was written', () => {
    const { outcome, memoryBytes } = runText(
      xlen,
      `li t0, ${DATA}\nli t1, -2\nlw a0, 8(t0)\nsh t1, 8(t0)\nlw a0, 8(t0)\necall`,
    );
    expect(outcome).toEqual({ kind: 'exit', code: 0xfffe });
    expect(memoryBytes).toBe(2 * 4096);
  });

  it('puts misaligned accesses together, over the end of a page too, and counts them', () => {
    const { outcome, misaligned } = runText(
      xlen,
      `li t0, ${DATA + 4094}
       li t1, 0x12345678
       sw t1, 0(t0)
       lw a0, 0(t0)
       lhu a1, 1(t0)
       add a0, a0, a1
       ecall`,
    );
    expect(outcome).toEqual({ kind: 'exit', code: 0x12345678 + 0x3456 });
    expect(misaligned).toBe(3);
  });

  it.each([
    ['lw a0, 2(t0)', 'loadMisaligned', 2],
    ['lh a0, 1(t0)', 'loadMisaligned', 1],
    ['sw a0, 1(t0)', 'storeMisaligned', 1],
  ] as const)('traps where the interface wants alignment: %s', (text, kind, offset) => {
    const result = runText(xlen, `li t0, ${DATA}\n${text}`, { abi: haltingAbi({ misaligned: 'trap' }) });
    expect(result).toMatchObject({
      outcome: { trap: { kind, pc: BigInt(TEXT_ADDRESS + 8), address: BigInt(DATA + offset) } },
      cycles: 2,
    });
  });

  it('wants atomics aligned in any case', () => {
    expect(runText(xlen, `li t0, ${DATA + 2}\nlr.w a0, (t0)`).outcome).toMatchObject({
      trap: { kind: 'loadMisaligned' },
    });
    expect(runText(xlen, `li t0, ${DATA + 2}\namoadd.w a0, a0, (t0)`).outcome).toMatchObject({
      trap: { kind: 'storeMisaligned', address: BigInt(DATA + 2) },
    });
  });

  it('keeps to the addresses of the interface', () => {
    const abi = haltingAbi({ bounds: { low: TEXT_ADDRESS, high: DATA + 4096 } });
    expect(runText(xlen, `li t0, ${DATA + 4092}\nsw t0, 0(t0)\necall`, { abi }).outcome.kind).toBe('exit');
    expect(runText(xlen, `li t0, ${DATA + 4096}\nsw t0, 0(t0)`, { abi }).outcome).toMatchObject({
      trap: { kind: 'storeAccess', address: BigInt(DATA + 4096) },
    });
    expect(runText(xlen, 'lb t0, 16(zero)', { abi }).outcome).toMatchObject({
      trap: { kind: 'loadAccess', address: 16n },
    });
    // A misaligned access that reaches over the end leaves nothing behind.
    expect(runText(xlen, `li t0, ${DATA + 4094}\nsw t0, 0(t0)`, { abi })).toMatchObject({
      outcome: { trap: { kind: 'storeAccess', address: BigInt(DATA + 4096) } },
      misaligned: 0,
    });
  });

  it('stops at the memory limit, by instructions and by what is loaded', () => {
    const text = `li t0, ${DATA}\nli t1, 4096\nsw t0, 0(t0)\nadd t0, t0, t1\njal zero, -8`;
    const result = runText(xlen, text, { limits: { memoryBytes: 5 * 4096 } });
    expect(result).toMatchObject({ outcome: { kind: 'limit', limit: 'memory' }, memoryBytes: 5 * 4096 });
    expect(runText(xlen, 'ecall', { limits: { memoryBytes: 0 } })).toMatchObject({
      outcome: { kind: 'limit', limit: 'memory' },
      cycles: 0,
    });
  });

  it.each([{ cycles: -1 }, { cycles: 0.5 }, { cycles: Number.NaN }, { memoryBytes: 2 ** 32 }])(
    'refuses limits that are none: %o',
    (limits) => {
      expect(codeOf(() => runText(xlen, 'ecall', { limits }))).toBe('RISCV_LIMIT');
    },
  );

  it('executes the file and not what stores make of it', () => {
    const text = `li t0, ${TEXT_ADDRESS}
      addi t1, zero, 0
      sw t1, 20(t0)
      fence.i
      addi a0, a0, 7
      ecall`;
    expect(runText(xlen, text).outcome).toEqual({ kind: 'exit', code: 7 });
  });

  it('sees stores after fence.i where memory is executed', () => {
    const replacement = assemble(xlen, 'addi a0, a0, 9')[0] as number;
    const program = (fence: string): string => `li t0, ${TEXT_ADDRESS}
      li t1, ${replacement}
      sw t1, 24(t0)
      ${fence}
      addi a0, a0, 7
      ecall`;
    const abi = haltingAbi({ fetch: 'memory' });
    expect(runText(xlen, program('fence.i'), { abi }).outcome).toEqual({ kind: 'exit', code: 9 });
    expect(runText(xlen, program('fence'), { abi }).outcome).toEqual({ kind: 'exit', code: 7 });
  });

  it('keeps a reservation until the next conditional store', () => {
    const { outcome } = runText(
      xlen,
      `li t0, ${DATA}
       addi t1, zero, 5
       sc.w a1, t1, (t0)
       lr.w a2, (t0)
       sc.w a3, t1, (t0)
       sc.w a4, t1, (t0)
       lw a0, 0(t0)
       slli a1, a1, 4
       slli a3, a3, 5
       slli a4, a4, 6
       or a0, a0, a1
       or a0, a0, a3
       or a0, a0, a4
       ecall`,
    );
    expect(outcome).toEqual({ kind: 'exit', code: 5 | 16 | 64 });
  });

  it('is the same in every run', () => {
    const guest = createRiscv({
      elf: programElf(xlen, assemble(xlen, `li t0, ${DATA}\nlw a0, 0(t0)\nsw t0, 0(t0)\necall`)),
      abi: haltingAbi(),
    });
    const first = guest.run();
    expect(guest.run()).toEqual(first);
    expect(first.outcome).toEqual({ kind: 'exit', code: 0 });
  });

  it('says which interface a program needs', () => {
    const abi = haltingAbi({ xlens: [xlen === 32 ? 64 : 32] });
    expect(codeOf(() => runText(xlen, 'ecall', { abi }))).toBe('RISCV_ABI_XLEN');
  });
});

describe('rows', () => {
  const collect = (xlen: Xlen, text: string, abi?: Abi): Row[] => {
    const rows: Row[] = [];
    runText(xlen, text, {
      ...(abi ? { abi } : {}),
      rows: ({ length, row }) => {
        for (let i = 0; i < length; i++) rows.push(row(i));
      },
    });
    return rows;
  };

  it('say what each instruction saw and did', () => {
    const rows = collect(32, `lui t0, ${DATA >> 12}\naddi t1, zero, -1\nsw t1, 4(t0)\nlh a0, 4(t0)\necall`);
    expect(rows.map(({ operation }) => operation)).toEqual(['lui', 'addi', 'sw', 'lh', 'host']);
    expect(rows.map(({ pc }) => Number(pc) - TEXT_ADDRESS)).toEqual([0, 4, 8, 12, 16]);
    expect(rows[1]).toMatchObject({ rd: 6, rs1: 0, imm: -1, rs1Value: 0n, rdValue: 0xffffffffn });
    expect(rows[2]).toMatchObject({
      rd: 0,
      rs1: 5,
      rs2: 6,
      rs2Value: 0xffffffffn,
      address: BigInt(DATA + 4),
      before: 0n,
    });
    expect(rows[3]).toMatchObject({
      rd: 10,
      rdValue: 0xffffffffn,
      address: BigInt(DATA + 4),
      before: 0xffffffff_00000000n,
    });
    expect(rows[4]).toMatchObject({ rd: 0, rdValue: 0n });
  });

  it('are handed out in pieces, in order', () => {
    const text = `li t0, 5000\naddi a0, a0, 1\nbne a0, t0, -4\necall`;
    const rows = collect(64, text);
    expect(rows.length).toBe(2 + 10_000 + 1);
    const sums = rows.filter(({ operation }) => operation === 'addi').map(({ rdValue }) => rdValue);
    expect(sums.every((value, i) => value === BigInt(i + 1))).toBe(true);
  });

  it('can be read as the words that the kernel writes', () => {
    const seen: unknown[] = [];
    runText(64, 'addi a0, zero, -1\nlui t0, 32\nld a1, 8(t0)\necall', {
      rows: (rows) => {
        for (let i = 0; i < rows.length; i++) {
          const { pc, operation, rdValue, address } = rows.row(i);
          const long = (field: number): bigint => {
            const at = (i * ROW.BYTES + field) / 4;
            return BigInt(rows.words[at] as number) + (BigInt(rows.words[at + 1] as number) << 32n);
          };
          expect(rows.words.length).toBe((rows.length * ROW.BYTES) / 4);
          expect(long(ROW.PC)).toBe(pc);
          if (operation !== 'host') expect(long(ROW.RD)).toBe(rdValue);
          if (operation === 'ld') expect(long(ROW.ADDRESS)).toBe(address);
          seen.push(operation);
        }
      },
    });
    expect(seen).toEqual(['addi', 'lui', 'ld', 'host']);
  });

  it('have none for an instruction that did not retire', () => {
    expect(collect(32, 'addi a0, zero, 1\njal zero, 6').map(({ operation }) => operation)).toEqual(['addi']);
    const abi = haltingAbi({ bounds: { low: 0x1_0000, high: 0x1_1000 } });
    expect(collect(32, 'addi a0, zero, 1\nlw a0, 0(zero)', abi)).toHaveLength(1);
  });

  it('show both doublewords of an access over a boundary', () => {
    const rows = collect(
      32,
      `li t0, ${DATA + 4094}\naddi t1, zero, 1\nsb t1, 0(t0)\nsb t1, 2(t0)\nlw a0, 0(t0)\necall`,
    );
    expect(rows[5]).toMatchObject({ before: 0x0001_0000_0000_0000n, beforeNext: 1n, rdValue: 0x0001_0001n });
  });
});

describe('memory beyond 4 GiB', () => {
  const wide = haltingAbi({ bounds: { low: 0, high: 2 ** 48 } });

  it('tells addresses with equal low halves apart', () => {
    const { outcome, memoryBytes } = runText(
      64,
      `li t0, ${DATA}
       addi t1, zero, 1
       slli t1, t1, 32
       add t1, t1, t0
       addi t2, zero, 3
       sd t2, 0(t0)
       slli t2, t2, 4
       sd t2, 0(t1)
       ld a0, 0(t0)
       ld a1, 0(t1)
       or a0, a0, a1
       ecall`,
      { abi: wide },
    );
    expect(outcome).toEqual({ kind: 'exit', code: 0x33 });
    expect(memoryBytes).toBe(3 * 4096);
  });

  it('ends where the interface says', () => {
    const text = 'addi t0, zero, -8\nld a0, 0(t0)\necall';
    expect(runText(64, text, { abi: wide }).outcome).toMatchObject({
      trap: { kind: 'loadAccess', address: 0xffff_ffff_ffff_fff8n },
    });
    expect(runText(32, 'addi t0, zero, -8\nlw a0, 0(t0)\necall').outcome.kind).toBe('exit');
  });

  it('has no code there', () => {
    expect(
      runText(64, 'addi t0, zero, 1\nslli t0, t0, 40\njalr zero, 0(t0)', { abi: wide }).outcome,
    ).toMatchObject({
      trap: { kind: 'fetchAccess', pc: 2n ** 40n },
    });
  });
});
