import { describe, expect, it } from 'vitest';
import { FORKS, isAtLeast } from '../src/spec/forks.ts';
import type { ForkName } from '../src/types.ts';
import type { Item } from './support/asm.ts';
import { gasOf, run } from './support/run.ts';
import { addressOf, CONTRACT } from './support/world.ts';

// What instructions cost in each fork, by execution: the numbers are those of the EIPs that changed them, each
// from the fork on that is named. Amsterdam's are in amsterdam.test.ts.

const NAMES = FORKS.map(({ name }) => name).filter((name) => !isAtLeast(name, 'amsterdam'));
const OTHER = addressOf(0x77);
const NOBODY = addressOf(0x99);

type History = readonly (readonly [since: ForkName, gas: bigint])[];

const call = (to: string, value: number): readonly Item[] => [0, 0, 0, 0, value, BigInt(to), 0, 'CALL'];

const ROWS: readonly (readonly [name: string, items: readonly Item[], history: History])[] = [
  [
    'SLOAD',
    [5, 'SLOAD'],
    [
      ['frontier', 50n],
      ['tangerineWhistle', 200n],
      ['istanbul', 800n],
      ['berlin', 2100n],
    ],
  ],
  [
    'BALANCE',
    [0x77, 'BALANCE'],
    [
      ['frontier', 20n],
      ['tangerineWhistle', 400n],
      ['istanbul', 700n],
      ['berlin', 2600n],
    ],
  ],
  [
    'EXTCODESIZE',
    [0x77, 'EXTCODESIZE'],
    [
      ['frontier', 20n],
      ['tangerineWhistle', 700n],
      ['berlin', 2600n],
    ],
  ],
  [
    'EXTCODECOPY of nothing',
    [0, 0, 0, 0x77, 'EXTCODECOPY'],
    [
      ['frontier', 20n],
      ['tangerineWhistle', 700n],
      ['berlin', 2600n],
    ],
  ],
  [
    'EXTCODEHASH',
    [0x77, 'EXTCODEHASH'],
    [
      ['constantinople', 400n],
      ['istanbul', 700n],
      ['berlin', 2600n],
    ],
  ],
  ['CHAINID', ['CHAINID'], [['istanbul', 2n]]],
  ['SELFBALANCE', ['SELFBALANCE'], [['istanbul', 5n]]],
  ['BASEFEE', ['BASEFEE'], [['london', 2n]]],
  ['PUSH0', ['PUSH0'], [['shanghai', 2n]]],
  ['SHL', [1, 1, 'SHL'], [['constantinople', 3n]]],
  ['CLZ', [1, 'CLZ'], [['osaka', 5n]]],
  ['TLOAD', [0, 'TLOAD'], [['cancun', 100n]]],
  ['TSTORE', [0, 0, 'TSTORE'], [['cancun', 100n]]],
  ['MCOPY of nothing', [0, 0, 0, 'MCOPY'], [['cancun', 3n]]],
  [
    'EXP by one byte',
    [255, 2, 'EXP'],
    [
      ['frontier', 20n],
      ['spuriousDragon', 60n],
    ],
  ],
  [
    'SSTORE that sets',
    [1, 0, 'SSTORE'],
    [
      ['frontier', 20_000n],
      ['berlin', 22_100n],
    ],
  ],
  [
    'CALL of an account',
    call(OTHER, 0),
    [
      ['frontier', 40n],
      ['tangerineWhistle', 700n],
      ['berlin', 2600n],
    ],
  ],
  // EIP-158: without value nobody comes into being.
  [
    'CALL of nobody',
    call(NOBODY, 0),
    [
      ['frontier', 25_040n],
      ['tangerineWhistle', 25_700n],
      ['spuriousDragon', 700n],
      ['berlin', 2600n],
    ],
  ],
  // The stipend of 2,300 comes back unused.
  [
    'CALL of an account with value',
    call(OTHER, 1),
    [
      ['frontier', 6740n],
      ['tangerineWhistle', 7400n],
      ['berlin', 9300n],
    ],
  ],
  [
    'CALL of nobody with value',
    call(NOBODY, 1),
    [
      ['frontier', 31_740n],
      ['tangerineWhistle', 32_400n],
      ['berlin', 34_300n],
    ],
  ],
  ['CREATE of nothing', [0, 0, 0, 'CREATE'], [['frontier', 32_000n]]],
  // Memory of one word, and from EIP-3860 on the initcode's word.
  [
    'CREATE by a word of initcode',
    [32, 0, 0, 'CREATE'],
    [
      ['frontier', 32_003n],
      ['shanghai', 32_005n],
    ],
  ],
  // Both hashed, and from EIP-3860 on counted.
  [
    'CREATE2 by a word of initcode',
    [0, 32, 0, 0, 'CREATE2'],
    [
      ['constantinople', 32_009n],
      ['shanghai', 32_011n],
    ],
  ],
  [
    'SELFDESTRUCT for an account',
    [0x77, 'SELFDESTRUCT'],
    [
      ['frontier', 0n],
      ['tangerineWhistle', 5000n],
      ['berlin', 7600n],
    ],
  ],
  [
    'SELFDESTRUCT for nobody',
    [0x99, 'SELFDESTRUCT'],
    [
      ['frontier', 0n],
      ['tangerineWhistle', 30_000n],
      ['berlin', 32_600n],
    ],
  ],
];

describe.each(ROWS)('%s', (_name, items, history) => {
  const pushes = 3n * BigInt(items.filter((item) => typeof item !== 'string').length);
  const attempt = (fork: ForkName, gasLimit: bigint) =>
    run(items, {
      fork,
      self: { balance: 10n },
      accounts: { [OTHER]: { balance: 1n } },
      transaction: { gasLimit },
    });

  it.each(NAMES)('in %s', (fork) => {
    const cost = history.findLast(([since]) => isAtLeast(fork, since))?.[1];
    const whole = attempt(fork, 1_000_000n);
    if (cost === undefined) {
      expect(whole).toMatchObject({ status: 'halt', halt: 'INVALID_OPCODE', gasUsed: 1_000_000n });
      return;
    }
    expect(whole.status).toBe('success');
    expect(gasOf(whole)).toBe(pushes + cost);
    // Not a unit less will do; what the callee gets of a call with value is asked for before it comes back.
    const stipend = items.includes('CALL') && items[4] === 1 ? 2300n : 0n;
    const least = 21_000n + pushes + cost + stipend;
    expect(attempt(fork, least).status).toBe('success');
    expect(attempt(fork, least - 1n)).toMatchObject({
      status: 'halt',
      halt: 'OUT_OF_GAS',
      gasUsed: least - 1n,
    });
  });
});

describe('what is left to a callee', () => {
  // The callee returns the gas it begins with; its GAS costs 2.
  const code = '0x5a60005260206000f3' as const;
  const asked = (fork: ForkName, gas: bigint): unknown => {
    const items: readonly Item[] = [
      32,
      32,
      0,
      0,
      0,
      BigInt(OTHER),
      gas,
      'CALL',
      0,
      'MSTORE',
      64,
      0,
      'RETURN',
    ];
    const { output, halt } = run(items, {
      fork,
      accounts: { [OTHER]: { code } },
      transaction: { gasLimit: 121_000n },
    });
    if (halt !== undefined) return halt;
    const words = [output.slice(0, 32), output.slice(32)].map((part) =>
      BigInt(`0x${Buffer.from(part).toString('hex')}`),
    );
    return { status: words[0], seen: words[1] };
  };

  it.each(NAMES)('of %s: what was asked for, and from EIP-150 on all but a 64th', (fork) => {
    expect(asked(fork, 50_000n)).toEqual({ status: 1n, seen: 49_998n });
    const all = asked(fork, 10_000_000n);
    if (!isAtLeast(fork, 'tangerineWhistle')) {
      expect(all).toBe('OUT_OF_GAS');
      return;
    }
    // Seven pushes, the call itself, and memory for 64 bytes.
    const left = 100_000n - 21n - (isAtLeast(fork, 'berlin') ? 2600n : 700n) - 6n;
    expect(all).toEqual({ status: 1n, seen: left - left / 64n - 2n });
  });
});

describe('calldata', () => {
  it.each(NAMES)('of %s', (fork) => {
    const zeros = run([], { fork, transaction: { data: new Uint8Array(10) } }).gasUsed;
    const ones = run([], { fork, transaction: { data: new Uint8Array(10).fill(1) } }).gasUsed;
    // EIP-2028, and the floor of EIP-7623: ten bytes are ten tokens, or forty.
    const isFloored = isAtLeast(fork, 'prague');
    expect(zeros).toBe(21_000n + (isFloored ? 100n : 40n));
    expect(ones).toBe(21_000n + (isFloored ? 400n : isAtLeast(fork, 'istanbul') ? 160n : 680n));
  });

  it.each(NAMES)('that creates in %s', (fork) => {
    const data = new Uint8Array(33);
    const created = run([], { fork, transaction: { to: undefined, data, gasLimit: 100_000n } });
    const create = isAtLeast(fork, 'homestead') ? 32_000n : 0n;
    const words = isAtLeast(fork, 'shanghai') ? 4n : 0n;
    expect(created).toMatchObject({ status: 'success', gasUsed: 21_000n + create + words + 132n });
    expect(CONTRACT).not.toBe(created.createdAddress);
  });
});
