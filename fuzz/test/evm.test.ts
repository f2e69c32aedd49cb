import { seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { compareScene, runCampaign, sceneOf } from '../src/evm/campaign.ts';
import { runOurs } from '../src/evm/ours.ts';
import { randomProgram, randomWord } from '../src/evm/program.ts';
import type { SceneResult } from '../src/evm/result.ts';
import { differences } from '../src/evm/result.ts';

const POOL = [new Uint8Array(20).fill(1)];

const ACCEPTED: SceneResult & { valid: true } = {
  valid: true,
  success: true,
  gasUsed: 21000n,
  output: '0x',
  created: undefined,
  logs: [],
  accounts: new Map([['0x01', '1 2 0xaa 0xbb']]),
  stateRoot: '0x11',
};

describe('random programs', () => {
  it('are the same for the same seed and differ between seeds', () => {
    const make = (seed: number) => randomProgram(seededRng(seed), 'osaka', POOL, 30);
    expect(make(1)).toEqual(make(1));
    expect(make(1)).not.toEqual(make(2));
  });

  it('hold only instructions of their fork beside the noise', () => {
    // PUSH0 came with Shanghai; without it a zero is pushed as a byte.
    const used = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const code = randomProgram(seededRng(seed), 'shanghai', POOL, 60);
      for (const byte of code) used.add(byte);
    }
    expect(used.has(0x5f)).toBe(true);
  });

  it('draw words of 256 bits, edges among them', () => {
    const rng = seededRng(5);
    const words = Array.from({ length: 2000 }, () => randomWord(rng));
    expect(words.every((word) => word >= 0n && word < 1n << 256n)).toBe(true);
    expect(words).toContain((1n << 256n) - 1n);
    expect(words).toContain(0n);
  });
});

describe('scenes', () => {
  it('follow from their seed', () => {
    expect(sceneOf(3, undefined)).toEqual(sceneOf(3, undefined));
    expect(sceneOf(3, 'berlin').fork).toBe('berlin');
  });

  it('give the same result each time they are run', () => {
    for (let seed = 0; seed < 20; seed++) {
      const scene = sceneOf(seed, 'osaka');
      expect(runOurs(scene)).toEqual(runOurs(scene));
    }
  });
});

describe('comparison', () => {
  it('finds nothing between equal results', () => {
    expect(differences(ACCEPTED, { ...ACCEPTED, accounts: new Map(ACCEPTED.accounts) })).toEqual([]);
    expect(differences({ valid: false, reason: 'a' }, { valid: false, reason: 'b' })).toEqual([]);
  });

  it.each([
    ['success', { success: false }],
    ['gasUsed', { gasUsed: 21001n }],
    ['output', { output: '0x00' as const }],
    ['created', { created: '0x02' as const }],
    ['logs', { logs: ['x'] }],
    ['account 0x01', { accounts: new Map() }],
    ['stateRoot', { stateRoot: '0x12' as const }],
  ])('names what differs: %s', (name, change) => {
    const found = differences(ACCEPTED, { ...ACCEPTED, ...change });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${name}:`);
  });

  it('says who refused a transaction and why', () => {
    expect(differences(ACCEPTED, { valid: false, reason: 'no funds' })[0]).toContain('no funds');
  });
});

describe('campaign against ethereumjs', () => {
  it('finds no difference in a few scenes of every fork', async () => {
    const report = await runCampaign({
      firstSeed: 50_000,
      fork: undefined,
      goOn: (scenes) => scenes < 40,
      onFinding: () => {},
    });
    expect(report.findings).toEqual([]);
    expect(report.succeeded + report.failed + report.refused).toBe(40);
  });

  it('sees a difference when there is one', async () => {
    const scene = sceneOf(50_001, 'osaka');
    const poorer = { ...scene, transaction: { ...scene.transaction, value: 10n ** 30n } };
    expect((await compareScene(poorer)).outcome).toBe('refused');
  });
});
