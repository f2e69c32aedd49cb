import { describe, expect, it } from 'vitest';
import { FORKS, forkIndex } from '../../src/spec/forks.ts';
import type { Location } from '../../src/spec/opcodes.ts';
import { baseCost, introducedIn, mnemonicOf, opcodeAt, OPCODES, specLink } from '../../src/spec/opcodes.ts';

const byName = (mnemonic: string) => OPCODES.find((spec) => spec.mnemonic === mnemonic)!;

describe('instruction table', () => {
  it('lists each code and mnemonic once, by ascending code', () => {
    const codes = OPCODES.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
    expect(codes.every((code) => Number.isInteger(code) && code >= 0 && code <= 0xff)).toBe(true);
    expect(new Set(OPCODES.map(({ mnemonic }) => mnemonic)).size).toBe(OPCODES.length);
  });

  it('grew with the forks and never shrank', () => {
    const counts = FORKS.map(
      ({ name }) => OPCODES.filter(({ code }) => opcodeAt(code, name) !== undefined).length,
    );
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    // Counted from the forks' texts, INVALID included.
    expect(Object.fromEntries(FORKS.map(({ name }, i) => [name, counts[i]]))).toMatchObject({
      frontier: 130,
      homestead: 131,
      byzantium: 135,
      constantinople: 140,
      istanbul: 142,
      london: 143,
      shanghai: 144,
      cancun: 149,
      osaka: 150,
      amsterdam: 154,
    });
  });

  it('writes cost histories in fork order', () => {
    for (const { mnemonic, cost } of OPCODES) {
      const indices = Object.keys(cost).map((fork) => forkIndex(fork as (typeof FORKS)[number]['name']));
      expect(indices, mnemonic).toEqual([...indices].sort((a, b) => a - b));
      expect(indices.length, mnemonic).toBeGreaterThan(0);
    }
  });

  it.each([
    ['ADD', 'frontier', 3],
    ['EXP', 'osaka', 10],
    ['KECCAK256', 'berlin', 30],
    ['SLOAD', 'homestead', 50],
    ['SLOAD', 'tangerineWhistle', 200],
    ['SLOAD', 'petersburg', 200],
    ['SLOAD', 'istanbul', 800],
    ['SLOAD', 'berlin', 100],
    ['BALANCE', 'frontier', 20],
    ['BALANCE', 'byzantium', 400],
    ['BALANCE', 'istanbul', 700],
    ['BALANCE', 'osaka', 100],
    ['EXTCODESIZE', 'frontier', 20],
    ['EXTCODECOPY', 'spuriousDragon', 700],
    ['EXTCODESIZE', 'amsterdam', 200],
    ['EXTCODEHASH', 'constantinople', 400],
    ['EXTCODEHASH', 'istanbul', 700],
    ['CALL', 'frontier', 40],
    ['CALL', 'istanbul', 700],
    ['CALL', 'prague', 100],
    ['DELEGATECALL', 'homestead', 40],
    ['STATICCALL', 'byzantium', 700],
    ['SELFDESTRUCT', 'homestead', 0],
    ['SELFDESTRUCT', 'tangerineWhistle', 5000],
    ['CREATE', 'cancun', 32_000],
    ['CREATE2', 'amsterdam', 12_000],
    ['LOG0', 'frontier', 375],
    ['LOG4', 'frontier', 1875],
    ['JUMPI', 'frontier', 10],
    ['JUMPDEST', 'frontier', 1],
    ['BLOCKHASH', 'frontier', 20],
    ['SELFBALANCE', 'istanbul', 5],
    ['TLOAD', 'cancun', 100],
    ['BLOBHASH', 'cancun', 3],
    ['CLZ', 'osaka', 5],
    ['PUSH0', 'shanghai', 2],
    ['PUSH32', 'shanghai', 3],
    ['DUPN', 'amsterdam', 3],
    ['SLOTNUM', 'amsterdam', 2],
  ] as const)('%s costs in %s %d', (mnemonic, fork, cost) => {
    expect(baseCost(byName(mnemonic), fork)).toBe(cost);
  });

  it.each([
    ['DELEGATECALL', 0xf4, 'homestead'],
    ['REVERT', 0xfd, 'byzantium'],
    ['RETURNDATACOPY', 0x3e, 'byzantium'],
    ['STATICCALL', 0xfa, 'byzantium'],
    ['CREATE2', 0xf5, 'constantinople'],
    ['SAR', 0x1d, 'constantinople'],
    ['CHAINID', 0x46, 'istanbul'],
    ['BASEFEE', 0x48, 'london'],
    ['PUSH0', 0x5f, 'shanghai'],
    ['MCOPY', 0x5e, 'cancun'],
    ['BLOBBASEFEE', 0x4a, 'cancun'],
    ['CLZ', 0x1e, 'osaka'],
    ['EXCHANGE', 0xe8, 'amsterdam'],
  ] as const)('%s is opcode %i from %s', (mnemonic, code, fork) => {
    const spec = byName(mnemonic);
    expect(spec.code).toBe(code);
    expect(introducedIn(spec)).toBe(fork);
    const before = FORKS[forkIndex(fork) - 1]!.name;
    expect(opcodeAt(code, before)).toBeUndefined();
    expect(baseCost(spec, before)).toBeUndefined();
    expect(opcodeAt(code, fork)).toBe(spec);
  });

  it('gives the stack effect of every family', () => {
    const effect = (mnemonic: string) => {
      const { operands, results } = byName(mnemonic);
      return [operands.length, results.length];
    };
    expect(effect('PUSH7')).toEqual([0, 1]);
    expect(effect('DUP16')).toEqual([16, 17]);
    expect(effect('SWAP16')).toEqual([17, 17]);
    expect(effect('LOG3')).toEqual([5, 0]);
    expect(effect('CALL')).toEqual([7, 1]);
    expect(effect('DELEGATECALL')).toEqual([6, 1]);
    expect(effect('CREATE2')).toEqual([4, 1]);
    expect(effect('EXTCODECOPY')).toEqual([4, 0]);
    expect(effect('ADDMOD')).toEqual([3, 1]);
  });

  it('swaps exactly two names', () => {
    const { operands, results } = byName('SWAP3');
    expect(operands).toEqual(['item1', 'item2', 'item3', 'item4']);
    expect(results).toEqual(['item4', 'item2', 'item3', 'item1']);
  });

  it('names operands that exist in every location', () => {
    const operandsOf = (location: Location): readonly (string | number)[] => {
      if ('offset' in location) {
        return [location.offset, location.length, ...('address' in location ? [location.address] : [])];
      }
      if ('slot' in location) return [location.slot];
      return 'address' in location ? [location.address] : [];
    };
    for (const { mnemonic, operands, reads = [], writes = [] } of OPCODES) {
      for (const name of [...reads, ...writes].flatMap(operandsOf)) {
        if (typeof name === 'number' || name === 'self') continue;
        expect(operands, `${mnemonic}: ${name}`).toContain(name);
      }
    }
  });

  it('documents and links each instruction', () => {
    for (const spec of OPCODES) {
      expect(spec.doc, spec.mnemonic).toMatch(/^\S.*\.$/);
      expect(specLink(spec)).toMatch(/^https:\/\//);
    }
    expect(specLink(byName('MCOPY'))).toBe('https://eips.ethereum.org/EIPS/eip-5656');
  });

  it('forbids what changes state in a static call', () => {
    const forbidden = OPCODES.filter((spec) => spec.forbiddenInStatic).map(({ mnemonic }) => mnemonic);
    expect(forbidden).toEqual([
      'SSTORE',
      'TSTORE',
      'LOG0',
      'LOG1',
      'LOG2',
      'LOG3',
      'LOG4',
      'CREATE',
      'CREATE2',
      'SELFDESTRUCT',
    ]);
  });
});

describe('mnemonicOf', () => {
  it('follows the fork', () => {
    expect(mnemonicOf(0x44, 'london')).toBe('DIFFICULTY');
    expect(mnemonicOf(0x44, 'paris')).toBe('PREVRANDAO');
    expect(mnemonicOf(0x5f, 'london')).toBe('0x5f');
    expect(mnemonicOf(0x0c, 'osaka')).toBe('0x0c');
    expect(mnemonicOf(0x20, 'osaka')).toBe('KECCAK256');
  });
});
