import { bytesToHex } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { OPCODES, opcodeAt } from '../src/spec/opcodes.ts';
import type { Item } from './support/asm.ts';
import { asm, RETURN_TOP } from './support/asm.ts';
import { gasOf, run, wordOf } from './support/run.ts';

const memoryGas = (words: number): bigint => BigInt(3 * words + Math.floor((words * words) / 512));

describe('memory', () => {
  it('stores words and bytes at any offset', () => {
    const items = [0x1122n, 5, 'MSTORE', 0xff33n, 40, 'MSTORE8', 64, 0, 'RETURN'];
    const expected = new Uint8Array(64);
    expected.set([0x11, 0x22], 35);
    expected[40] = 0x33;
    expect(bytesToHex(run(items).output)).toBe(bytesToHex(expected));
    expect(wordOf(run([0xabcdn, 3, 'MSTORE', 3, 'MLOAD', ...RETURN_TOP]).output)).toBe(0xabcdn);
  });

  it('grows by words, which MSIZE tells, also by reading', () => {
    expect(wordOf(run(['MSIZE', ...RETURN_TOP]).output)).toBe(0n);
    expect(wordOf(run([1, 'MLOAD', 'POP', 'MSIZE', ...RETURN_TOP]).output)).toBe(64n);
    expect(wordOf(run([1, 31, 'MSTORE8', 'MSIZE', ...RETURN_TOP]).output)).toBe(32n);
  });

  it.each([1, 2, 100, 1000, 5000])('of %i words costs 3w + w²/512', (words) => {
    expect(gasOf(run([32 * (words - 1), 'MLOAD', 'POP']))).toBe(3n + 3n + 2n + memoryGas(words));
  });

  it('ignores the offset of an empty range', () => {
    for (const items of [
      [0, 0, 1n << 255n, 'CALLDATACOPY'],
      [0, 0, 1n << 255n, 'CODECOPY'],
      [0, 1n << 255n, 1n << 254n, 'MCOPY'],
      [0, 1n << 255n, 'LOG0'],
      [0, 1n << 255n, 'RETURN'],
    ]) {
      expect(run(items).status).toBe('success');
    }
  });

  it.each([1n << 32n, (1n << 32n) - 1n, 1n << 64n, (1n << 256n) - 1n])(
    'offset %d is out of gas',
    (offset) => {
      for (const items of [
        [offset, 'MLOAD'],
        [1, offset, 'MSTORE'],
        [1, offset, 'MSTORE8'],
        [1, offset, 'RETURN'],
        [offset, 0, 'KECCAK256'],
        [32, 0, offset, 'MCOPY'],
        [32, offset, 0, 'MCOPY'],
      ]) {
        expect(run(items)).toMatchObject({ status: 'halt', halt: 'OUT_OF_GAS', gasUsed: 1_000_000n });
      }
    },
  );

  it('MCOPY moves overlapping ranges', () => {
    const items = (to: number, from: number): Item[] => [
      BigInt(`0x${Array.from({ length: 32 }, (_, i) => (i + 1).toString(16).padStart(2, '0')).join('')}`),
      0,
      'MSTORE',
      16,
      from,
      to,
      'MCOPY',
      32,
      0,
      'RETURN',
    ];
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
    for (const [to, from] of [
      [4, 0],
      [0, 4],
      [8, 8],
    ] as const) {
      const expected = bytes.slice().copyWithin(to, from, from + 16);
      expect(bytesToHex(run(items(to, from)).output)).toBe(bytesToHex(expected));
    }
  });
});

describe('jumps', () => {
  it('go to a JUMPDEST and nowhere else', () => {
    // 4: JUMPDEST behind an INVALID that is jumped over
    expect(run([4, 'JUMP', 'INVALID', 'JUMPDEST', 'STOP']).status).toBe('success');
    for (const target of [0n, 3n, 5n, 100n, (1n << 32n) + 4n, (1n << 255n) + 4n]) {
      expect(run([target, 'JUMP', 'INVALID', 'JUMPDEST', 'STOP'])).toMatchObject({ halt: 'INVALID_JUMP' });
    }
  });

  it('do not go into push data', () => {
    expect(run([4, 'JUMP', '0x605b', 'STOP'])).toMatchObject({ halt: 'INVALID_JUMP' });
    expect(run([4, 'JUMP', '0x615b5b', 'STOP'])).toMatchObject({ halt: 'INVALID_JUMP' });
  });

  it('JUMPI takes any non-zero condition', () => {
    const items = (condition: bigint): Item[] => [condition, 0x20, 'JUMPI', 1, ...RETURN_TOP];
    expect(wordOf(run(items(0n)).output)).toBe(1n);
    for (const condition of [1n, 1n << 64n, 1n << 255n]) {
      expect(run(items(condition))).toMatchObject({ halt: 'INVALID_JUMP' });
    }
    // A target that is wrong does not matter when the jump is not taken.
    expect(run([0, 1n << 255n, 'JUMPI']).status).toBe('success');
  });

  it('code ends with an implicit STOP, also behind JUMPI, GAS and SSTORE', () => {
    for (const items of [[0, 0, 'JUMPI'], ['GAS'], [1, 1, 'SSTORE'], [], ['0x5b']] as Item[][]) {
      expect(run(items)).toMatchObject({ status: 'success' });
    }
  });

  it('a loop of 10000 rounds costs what its instructions cost', () => {
    const items = [10_000, 'JUMPDEST', 1, 'SWAP1', 'SUB', 'DUP1', 3, 'JUMPI'];
    expect(run(items).status).toBe('success');
    expect(gasOf(run(items))).toBe(3n + 10_000n * (1n + 3n + 3n + 3n + 3n + 3n + 10n));
  });
});

describe('the operand stack', () => {
  const defined = OPCODES.filter(({ code }) => opcodeAt(code, 'osaka') !== undefined);

  it.each(defined.filter(({ operands }) => operands.length > 0).map(({ mnemonic }) => mnemonic))(
    '%s underflows with one item too few',
    (mnemonic) => {
      const { operands } = defined.find((spec) => spec.mnemonic === mnemonic) as (typeof defined)[number];
      const items = Array.from({ length: operands.length - 1 }, () => 0);
      expect(run([...items, mnemonic])).toMatchObject({ halt: 'STACK_UNDERFLOW', gasUsed: 1_000_000n });
    },
  );

  it.each(defined.filter(({ operands, results }) => results.length > operands.length).map((spec) => spec))(
    '$mnemonic overflows a full stack and fills the last place',
    ({ mnemonic, operands, immediate = 0 }) => {
      const instruction = `${asm(mnemonic)}${'00'.repeat(immediate)}`;
      const room = Array.from({ length: 1023 }, () => 1);
      expect(run([...room, instruction], { transaction: { gasLimit: 10_000_000n } }).status).toBe('success');
      expect(run([...room, 1, instruction])).toMatchObject({ halt: 'STACK_OVERFLOW' });
      expect(operands.length).toBeLessThan(1024);
    },
  );

  it.each(Array.from({ length: 16 }, (_, i) => i + 1))('DUP%i and SWAP of it', (n) => {
    const items = Array.from({ length: 17 }, (_, i) => 100 + i);
    expect(wordOf(run([...items, `DUP${n}`, ...RETURN_TOP]).output)).toBe(BigInt(117 - n));
    expect(wordOf(run([...items, `SWAP${n}`, ...RETURN_TOP]).output)).toBe(BigInt(116 - n));
    const below = Array.from({ length: n }, () => 'POP');
    expect(wordOf(run([...items, `SWAP${n}`, ...below, ...RETURN_TOP]).output)).toBe(116n);
  });
});

describe('base costs', () => {
  const simple = OPCODES.filter(
    ({ code, dynamicCost, terminates, mnemonic }) =>
      opcodeAt(code, 'osaka') !== undefined && !dynamicCost && !terminates && !mnemonic.startsWith('JUMP'),
  );

  it.each(simple)('$mnemonic', ({ mnemonic, operands, cost, immediate = 0 }) => {
    const pushes = operands.map(() => 0);
    const base = Object.values(cost).at(-1) as number;
    const code = `${asm(mnemonic)}${'00'.repeat(immediate)}`;
    // PUSH1 0 costs 3 and asm(0) is PUSH1 0.
    expect(gasOf(run([...pushes, code]))).toBe(BigInt(3 * pushes.length + base));
  });
});
