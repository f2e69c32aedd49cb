import { bytesToHex } from '@ninefold/base';
import type { Hex } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPCODES } from '../src/spec/opcodes.ts';
import { createEvm } from '../src/run.ts';
import type { Evm, ForkName, TransactionOutcome } from '../src/types.ts';
import { asm } from './support/asm.ts';
import { createBuilds } from './support/builds.ts';
import { addressOf, BLOCK, CONTRACT, createWorld, SENDER, transactionWith, word } from './support/world.ts';

const OTHER = addressOf(0x77);

const instruction = fc.constantFrom(...OPCODES.filter(({ mnemonic }) => !mnemonic.startsWith('PUSH')));
const operand = fc.oneof(
  { weight: 6, arbitrary: fc.nat(80).map(BigInt) },
  { weight: 1, arbitrary: fc.constantFrom(BigInt(CONTRACT), BigInt(OTHER), BigInt(SENDER), 1n, 4n) },
  { weight: 1, arbitrary: fc.bigInt(0n, (1n << 256n) - 1n) },
);

/** Instructions mostly supplied with operands that make sense. */
const plausible: fc.Arbitrary<Hex> = fc
  .array(fc.tuple(instruction, fc.array(operand, { minLength: 7, maxLength: 7 }), fc.boolean()), {
    maxLength: 40,
  })
  .map((steps) =>
    asm(
      ...steps.flatMap(([{ mnemonic, operands }, values, supplied]) => [
        ...(supplied ? values.slice(0, operands.length) : []),
        mnemonic,
      ]),
    ),
  );
const bytes: fc.Arbitrary<Hex> = fc.uint8Array({ maxLength: 200 }).map(bytesToHex);
const code = fc.oneof({ weight: 4, arbitrary: plausible }, { weight: 1, arbitrary: bytes });
const fork = fc.constantFrom<ForkName>(
  'frontier',
  'homestead',
  'byzantium',
  'berlin',
  'london',
  'cancun',
  'osaka',
  'amsterdam',
);

function execute(evm: Evm, own: Hex, other: Hex, gas: number): TransactionOutcome {
  const world = createWorld({
    [SENDER]: { balance: 10n ** 18n },
    [CONTRACT]: { code: own, balance: 50n, storage: { [word(1)]: word(7) } },
    [OTHER]: { code: other, storage: { [word(2)]: word(9) } },
  });
  const transaction = transactionWith({
    type: 0,
    maxPriorityFeePerGas: 10n,
    gasLimit: 21_000n + BigInt(gas),
    data: new Uint8Array(0),
    value: 3n,
  });
  return evm.transact(transaction, BLOCK, world);
}

const builds = new Map<ForkName, ReturnType<typeof createBuilds>>();
function buildsOf(name: ForkName): ReturnType<typeof createBuilds> {
  let found = builds.get(name);
  if (found === undefined) builds.set(name, (found = createBuilds(name)));
  return found;
}

describe('any code', () => {
  it('has the same outcome in all builds, and the same again', () => {
    fc.assert(
      fc.property(fork, code, code, fc.nat(300_000), (name, own, other, gas) => {
        const { machines } = buildsOf(name);
        const expected = execute(machines.simd, own, other, gas);
        for (const evm of Object.values(machines)) expect(execute(evm, own, other, gas)).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
    for (const { sharedGuard } of builds.values()) expect(sharedGuard()).toBe(true);
  });

  it('never uses more than its limit nor less than the intrinsic gas, and conserves value', () => {
    const evm = createEvm();
    fc.assert(
      fc.property(code, code, fc.nat(200_000), (own, other, gas) => {
        const outcome = execute(evm, own, other, gas);
        if (!outcome.valid) return;
        expect(outcome.gasUsed).toBeLessThanOrEqual(21_000n + BigInt(gas));
        expect(outcome.gasUsed).toBeGreaterThanOrEqual(21_000n);
        if (outcome.status !== 'success') expect(outcome.logs).toEqual([]);
        const before: Record<Hex, bigint> = { [SENDER]: 10n ** 18n, [CONTRACT]: 50n };
        let delta = 0n;
        for (const [address, { account }] of outcome.changes.accounts) {
          delta += (account?.balance ?? 0n) - (before[address] ?? 0n);
        }
        // Base fees are burnt, and so is what a contract destroyed in its own creation holds.
        expect(delta).toBeLessThanOrEqual(-BLOCK.baseFee * outcome.gasUsed);
      }),
      { numRuns: 500 },
    );
  });
});

describe('one machine', () => {
  it('keeps nothing of a transaction but code by its hash', () => {
    const evm = createEvm();
    fc.assert(
      fc.property(code, code, code, (first, second, other) => {
        const alone = execute(createEvmOnce(), second, other, 100_000);
        execute(evm, first, other, 100_000);
        expect(execute(evm, second, other, 100_000)).toEqual(alone);
      }),
      { numRuns: 60 },
    );
  });

  it('executes far more distinct code than its cache holds', () => {
    const evm = createEvm();
    const padding = '00'.repeat(24_000);
    for (let i = 0; i < 80; i++) {
      const outcome = execute(
        evm,
        `${asm(i, 0, 'MSTORE', 32, 0, 'RETURN', 'STOP')}${padding}` as Hex,
        '0x',
        10_000,
      );
      expect(outcome).toMatchObject({ valid: true, status: 'success' });
      if (outcome.valid) expect(bytesToHex(outcome.output)).toBe(word(i));
    }
  });
});

let spare: Evm | undefined;
/** A machine that has executed nothing but what this test compares with. */
function createEvmOnce(): Evm {
  return (spare ??= createEvm());
}

describe('memory', () => {
  it('of a large transaction is given back', () => {
    const evm = createEvm();
    const world = createWorld({
      [SENDER]: { balance: 10n ** 24n },
      // 2^26 bytes of memory.
      [CONTRACT]: { code: asm((1n << 26n) - 32n, 'MLOAD', 0, 'MSTORE', 32, 0, 'RETURN') },
    });
    const huge = transactionWith({ gasLimit: 2n ** 40n, maxFeePerGas: 8n, maxPriorityFeePerGas: 0n });
    for (let i = 0; i < 3; i++) {
      const outcome = evm.transact(huge, { ...BLOCK, gasLimit: 2n ** 41n }, world, { skipGasCap: true });
      expect(outcome).toMatchObject({ valid: true, status: 'success' });
    }
  });

  it('that cannot be had is a typed error, and the machine goes on', () => {
    const { machines } = createBuilds('osaka');
    const greedy = createWorld({
      [SENDER]: { balance: 10n ** 24n },
      [CONTRACT]: { code: asm(1n << 26n, 'MLOAD') },
    });
    const call = transactionWith({ gasLimit: 2n ** 40n, maxFeePerGas: 8n, maxPriorityFeePerGas: 0n });
    for (const evm of [machines.scalar, machines.shared]) {
      expect(() => evm.transact(call, BLOCK, greedy, { skipGasCap: true })).toThrow(
        expect.objectContaining({ code: 'EVM_OUT_OF_MEMORY' }),
      );
      expect(execute(evm, asm('STOP'), '0x', 1000)).toMatchObject({ valid: true, status: 'success' });
    }
  });
});
