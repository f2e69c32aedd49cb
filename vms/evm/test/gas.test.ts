import { describe, expect, it } from 'vitest';
import type { ForkName } from '../src/types.ts';
import type { Item } from './support/asm.ts';
import { createBuilds } from './support/builds.ts';
import { gasOf, run } from './support/run.ts';
import { addressOf, CONTRACT, word } from './support/world.ts';

/** Gas and refund of writing `values` to slot 0 one after the other, starting at `original`. */
function sstores(fork: ForkName, original: number, values: readonly number[]): readonly [bigint, bigint] {
  const items = values.flatMap((value) => [value, 0, 'SSTORE'] as const);
  const self = original === 0 ? {} : { storage: { [word(0)]: word(original) } };
  const outcome = run(items, { fork, self, transaction: { gasLimit: 10_000_000n } });
  const used = gasOf(outcome) - 6n * BigInt(values.length);
  return [used, outcome.gasRefunded];
}

describe('SSTORE', () => {
  // EIP-2200, test cases: gas without the two pushes, refund before the cap.
  const EIP_2200: readonly (readonly [number, readonly number[], bigint])[] = [
    [0, [0, 0], 1600n],
    [0, [0, 1], 20_800n],
    [0, [1, 0], 20_800n],
    [0, [1, 2], 20_800n],
    [0, [1, 1], 20_800n],
    [1, [0, 0], 5800n],
    [1, [0, 1], 5800n],
    [1, [0, 2], 5800n],
    [1, [2, 0], 5800n],
    [1, [2, 3], 5800n],
    [1, [2, 1], 5800n],
    [1, [2, 2], 5800n],
    [1, [1, 0], 5800n],
    [1, [1, 2], 5800n],
    [1, [1, 1], 1600n],
    [0, [1, 0, 1], 40_800n],
    [1, [0, 1, 0], 10_800n],
  ];
  it.each(EIP_2200)('EIP-2200: %i then %j costs %d', (original, values, gas) => {
    expect(sstores('istanbul', original, values)[0]).toBe(gas);
  });

  // EIP-3529: the same under London's prices.
  const EIP_3529: readonly (readonly [number, readonly number[], bigint, bigint])[] = [
    [0, [0, 0], 2300n, 0n],
    [0, [0, 1], 22_200n, 0n],
    [0, [1, 0], 22_200n, 19_900n],
    [0, [1, 2], 22_200n, 0n],
    [1, [0, 0], 5100n, 4800n],
    [1, [0, 1], 5100n, 2800n],
    [1, [0, 2], 5100n, 0n],
    [1, [2, 0], 5100n, 4800n],
    [1, [2, 1], 5100n, 2800n],
    [1, [1, 1], 2300n, 0n],
    [1, [0, 1, 0], 8000n, 7600n],
  ];
  it.each(EIP_3529)('EIP-3529: %i then %j costs %d and gives back %d', (original, values, gas, refund) => {
    const [used, granted] = sstores('london', original, values);
    expect(used).toBe(gas);
    const total = used + 6n * BigInt(values.length) + 21_000n;
    expect(granted).toBe(refund < total / 5n ? refund : total / 5n);
  });

  it('before net metering looks at the current value only', () => {
    expect(sstores('byzantium', 0, [1, 2, 0])[0]).toBe(30_000n);
    expect(sstores('petersburg', 0, [1, 1, 0])[0]).toBe(30_000n);
    expect(sstores('constantinople', 0, [1, 1, 0])[0]).toBe(20_400n);
  });

  it('needs more than 2300 gas (EIP-2200)', () => {
    const self = { storage: { [word(0)]: word(1) } };
    const attempt = (gas: bigint): string =>
      run([1, 0, 'SSTORE'], { fork: 'istanbul', self, transaction: { gasLimit: 21_006n + gas } }).status;
    expect(attempt(2300n)).toBe('halt');
    expect(attempt(2301n)).toBe('success');
  });
});

describe('warm and cold (EIP-2929)', () => {
  it.each([
    ['SLOAD', [5, 'SLOAD'], 2100n, 100n],
    ['BALANCE', [0x77, 'BALANCE'], 2600n, 100n],
    ['EXTCODESIZE', [0x77, 'EXTCODESIZE'], 2600n, 100n],
    ['EXTCODEHASH', [0x77, 'EXTCODEHASH'], 2600n, 100n],
  ] as const)('%s', (_name, items, cold, warm) => {
    expect(gasOf(run([...items]))).toBe(3n + cold);
    expect(gasOf(run([...items, ...items]))).toBe(6n + cold + warm);
  });

  it('precompiles, sender, coinbase, target and listed entries are warm', () => {
    for (const address of [1n, 0x11n, 0x100n, BigInt(CONTRACT), 0xc01bn, 0x5e4de5n]) {
      expect(gasOf(run([address, 'BALANCE']))).toBe(103n);
    }
    expect(gasOf(run([0x12n, 'BALANCE']))).toBe(2603n);
    expect(gasOf(run([0xc01bn, 'BALANCE'], { fork: 'paris' }))).toBe(2603n);
    const accessList = [
      { address: addressOf(0x77), storageKeys: [] },
      { address: CONTRACT, storageKeys: [word(5)] },
    ];
    const listed = run([0x77, 'BALANCE', 5, 'SLOAD'], { transaction: { type: 1, accessList } });
    expect(gasOf(listed)).toBe(2400n * 2n + 1900n + 206n);
  });

  it('a slot and an account stay cold when the frame that reached them failed', () => {
    const callee = addressOf(0xca11);
    // Reads 0x77's balance and reverts.
    const accounts = { [callee]: { code: '0x607731600080fd' as const } };
    const call: Item[] = [0, 0, 0, 0, 0, BigInt(callee), 50_000, 'CALL', 'POP'];
    const alone = gasOf(run(call, { accounts }));
    expect(gasOf(run([...call, 0x77, 'BALANCE'], { accounts })) - alone).toBe(2603n);
  });
});

describe('dynamic prices', () => {
  it('EXP by bytes of the exponent, 10 before EIP-160 and 50 since', () => {
    expect(gasOf(run([0, 2, 'EXP']))).toBe(16n);
    expect(gasOf(run([255, 2, 'EXP']))).toBe(66n);
    expect(gasOf(run([256, 2, 'EXP']))).toBe(116n);
    expect(gasOf(run([(1n << 256n) - 1n, 2, 'EXP']))).toBe(16n + 1600n);
    expect(gasOf(run([256, 2, 'EXP'], { fork: 'tangerineWhistle' }))).toBe(36n);
  });

  it('KECCAK256, copies and logs by length', () => {
    expect(gasOf(run([33, 0, 'KECCAK256']))).toBe(6n + 30n + 12n + 6n);
    expect(gasOf(run([33, 0, 0, 'CALLDATACOPY']))).toBe(9n + 3n + 6n + 6n);
    expect(gasOf(run([33, 0, 0, 'MCOPY']))).toBe(9n + 3n + 6n + 6n);
    expect(gasOf(run([1, 2, 33, 0, 'LOG2']))).toBe(12n + 3n * 375n + 8n * 33n + 6n);
    expect(gasOf(run([33, 0, 0, 0x77, 'EXTCODECOPY']))).toBe(12n + 2600n + 6n + 6n);
  });

  it('refunds are capped to a half before London and a fifth since', () => {
    const self = { storage: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [word(i), word(1)])) };
    const items = Array.from({ length: 10 }, (_, i) => [0, i, 'SSTORE'] as const).flat();
    const berlin = run(items, { fork: 'berlin', self });
    expect(berlin.gasRefunded).toBe((berlin.gasUsed + berlin.gasRefunded) / 2n);
    const london = run(items, { fork: 'london', self });
    expect(london.gasRefunded).toBe((london.gasUsed + london.gasRefunded) / 5n);
  });

  it('the calldata floor is applied after refunds', () => {
    const data = new Uint8Array(1000).fill(1);
    expect(run([], { transaction: { data } }).gasUsed).toBe(21_000n + 40_000n);
    expect(run([], { transaction: { data }, fork: 'cancun' }).gasUsed).toBe(21_000n + 16_000n);
  });
});

describe('running out of gas', () => {
  const { machines } = createBuilds('osaka');
  const programs: readonly (readonly [string, readonly Item[]])[] = [
    ['arithmetic', [1, 2, 'ADD', 3, 'MUL', 4, 'EXP', 'POP', 'STOP']],
    [
      'memory in a block',
      [1, 0, 'MSTORE', 2, 320, 'MSTORE', 3, 64, 'MSTORE', 32, 0, 'KECCAK256', 'POP', 'STOP'],
    ],
    ['a loop', [5, 'JUMPDEST', 1, 'SWAP1', 'SUB', 'DUP1', 2, 'JUMPI', 'STOP']],
    ['storage', [1, 0, 'SSTORE', 0, 'SLOAD', 'POP', 2, 1, 'TSTORE', 7, 'SLOAD', 'POP']],
    ['gas seen', ['GAS', 0, 'MSTORE', 'GAS', 32, 'MSTORE', 64, 0, 'RETURN']],
    ['a log', [1, 2, 40, 3, 'LOG2', 9, 'POP']],
    ['a fault behind a charge', [64, 'MLOAD', 'POP', 'POP']],
    ['an undefined instruction', [1, 'POP', '0x0c']],
    ['return data', [32, 0, 0, 'RETURNDATACOPY']],
  ];

  it.each(programs)('is the same in all builds and for every gas limit: %s', (_name, items) => {
    for (let gas = 0n; gas < 400n; gas += 1n) compare(items, gas);
    for (let gas = 400n; gas < 50_000n; gas += 997n) compare(items, gas);
  });

  function compare(items: readonly Item[], gas: bigint): void {
    const transaction = { gasLimit: 21_000n + gas };
    const expected = run(items, { evm: machines.tracing, transaction });
    for (const evm of [machines.simd, machines.scalar, machines.shared]) {
      const outcome = run(items, { evm, transaction });
      if (JSON.stringify(outcome, plain) !== JSON.stringify(expected, plain))
        expect({ gas, ...outcome }).toEqual({ gas, ...expected });
    }
  }

  const plain = (_key: string, value: unknown): unknown =>
    typeof value === 'bigint' ? value.toString() : value instanceof Map ? [...value] : value;
});
