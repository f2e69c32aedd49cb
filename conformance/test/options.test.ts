import { isNinefoldError } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../src/options.ts';

const KNOWN = ['evm/basic', 'evm/state', 'svm/elf'];
const parse = (...args: readonly string[]) => parseOptions(args, KNOWN, 4);

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return isNinefoldError(error) ? error.code : 'other';
  }
}

describe('command line', () => {
  it('runs everything on all cores by default', () => {
    expect(parse()).toEqual({
      suites: KNOWN,
      vectors: undefined,
      json: false,
      filter: undefined,
      jobs: 4,
      verbose: false,
      help: false,
    });
  });

  it('takes families and suites, in the order of the table', () => {
    expect(parse('evm').suites).toEqual(['evm/basic', 'evm/state']);
    expect(parse('svm', 'evm/state').suites).toEqual(['evm/state', 'svm/elf']);
  });

  it('takes every option', () => {
    expect(
      parse('evm/state', '--vectors', 'x', '--json', '--filter', 'SSTORE', '--jobs', '1', '--verbose'),
    ).toEqual({
      suites: ['evm/state'],
      vectors: 'x',
      json: true,
      filter: 'SSTORE',
      jobs: 1,
      verbose: true,
      help: false,
    });
  });

  it('refuses what it does not know', () => {
    expect(codeOf(() => parse('ev'))).toBe('CONFORMANCE_UNKNOWN_SUITE');
    expect(codeOf(() => parse('evm/'))).toBe('CONFORMANCE_UNKNOWN_SUITE');
    expect(codeOf(() => parse('--frobnicate'))).toBe('CONFORMANCE_BAD_OPTION');
    expect(codeOf(() => parse('--vectors'))).toBe('CONFORMANCE_BAD_OPTION');
    expect(codeOf(() => parse('--jobs', '0'))).toBe('CONFORMANCE_BAD_OPTION');
    expect(codeOf(() => parse('--jobs', 'two'))).toBe('CONFORMANCE_BAD_OPTION');
  });
});
