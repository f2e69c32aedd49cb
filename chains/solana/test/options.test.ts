import { describe, expect, it } from 'vitest';
import { createSolanaChain } from '../src/chain.ts';
import { resolveOptions } from '../src/options.ts';

describe('options', () => {
  it('have defaults', () => {
    expect(resolveOptions({})).toMatchObject({ slotMs: 0, finalityDepth: 0, standardPrograms: true });
    const scheduler = { every: () => () => {} };
    expect(resolveOptions({ scheduler })).toMatchObject({ slotMs: 250, finalityDepth: 31 });
    expect(resolveOptions({ scheduler, slotMs: 0 })).toMatchObject({ slotMs: 0, finalityDepth: 0 });
    expect(resolveOptions({ verify: null }).verify).toBeUndefined();
  });

  it.each<[options: object, code: string, context: object]>([
    [{ slotMS: 1 }, 'SOLANA_UNKNOWN_OPTION', { name: 'slotMS', suggestion: 'slotMs' }],
    [{ slotMs: -1 }, 'SOLANA_INVALID_OPTION', { name: 'slotMs' }],
    [{ slotMs: 0.5 }, 'SOLANA_INVALID_OPTION', { name: 'slotMs' }],
    [{ finalityDepth: 513 }, 'SOLANA_INVALID_OPTION', { name: 'finalityDepth' }],
    [{ slotsPerEpoch: 31 }, 'SOLANA_INVALID_OPTION', { name: 'slotsPerEpoch' }],
    [{ hashesPerTick: 0 }, 'SOLANA_INVALID_OPTION', { name: 'hashesPerTick' }],
  ])('%j are refused', async (options, code, context) => {
    await expect(createSolanaChain(options)).rejects.toMatchObject({ code, context });
  });
});
