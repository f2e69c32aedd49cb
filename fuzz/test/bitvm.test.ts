import { seededRng } from '@ninefold/base';
import { checkCircuit } from '@ninefold/vm-bitvm';
import { describe, expect, it } from 'vitest';
import { playGames } from '../src/bitvm/campaign.ts';
import { randomCircuit } from '../src/bitvm/circuits.ts';
import { playGame } from '../src/bitvm/game.ts';
import { World } from '../src/bitvm/world.ts';

describe('random disputes', () => {
  it('cost no honest party money', () => {
    const report = playGames({ firstSeed: 1, goOn: (games) => games < 12, onFinding: () => {} });
    expect(report.games).toBe(12);
    expect(report.findings).toEqual([]);
    expect(report.crashes).toBeGreaterThan(0);
    expect(report.reorganisations).toBeGreaterThan(0);
  });

  it('are the same for the same seed', () => {
    expect(playGame(77)).toEqual(playGame(77));
  });

  it('are about valid circuits', () => {
    for (let seed = 0; seed < 50; seed++) {
      expect(() => checkCircuit(randomCircuit(seededRng(seed)))).not.toThrow();
    }
  });
});

describe('a moody world', () => {
  it('puts transactions of blocks it takes back into others', () => {
    const world = new World(seededRng(1));
    const paid = world.pay([{ value: 1000n, scriptPubKey: Uint8Array.of(0x51) }]);
    world.mineEmpty();
    const { hash } = world.chain.tip;
    world.reorganise(2, 1, 1);
    expect(world.chain.entry(hash)).toBeDefined();
    expect(world.chain.tip.hash).not.toBe(hash);
    const everything = Array.from({ length: world.chain.tip.height + 1 }, (_, i) => world.chain.at(i)!.block);
    const outputs = everything.flatMap(({ transactions }) => transactions).flatMap(({ outputs: all }) => all);
    expect(outputs.filter(({ value }) => value === paid.outputs[0]!.value)).toHaveLength(1);
  });
});
