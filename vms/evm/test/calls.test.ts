import { bytesToHex, hexToBytes } from '@ninefold/base';
import type { Hex } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import type { Item } from './support/asm.ts';
import { asm, RETURN_TOP } from './support/asm.ts';
import { gasOf, run, wordOf, wordsOf } from './support/run.ts';
import type { RunOptions } from './support/run.ts';
import { addressOf, CONTRACT, SENDER, word } from './support/world.ts';

const CALLEE = addressOf(0xca11ee);
const callee = (items: readonly Item[], more = {}): RunOptions => ({
  accounts: { [CALLEE]: { code: asm(...items), ...more } },
});

/** Operands and instruction of a call without input; leaves the success flag. */
function call(kind: string, { gas = 100_000, value = 0, out = 0, to = CALLEE as Hex } = {}): readonly Item[] {
  const valued = kind === 'CALL' || kind === 'CALLCODE';
  return [out, 0, 0, 0, ...(valued ? [value] : []), BigInt(to), gas, kind];
}

const KINDS = ['CALL', 'CALLCODE', 'DELEGATECALL', 'STATICCALL'] as const;

describe('whose context a call runs in', () => {
  const context: readonly Item[] = [
    'ADDRESS',
    0,
    'MSTORE',
    'CALLER',
    32,
    'MSTORE',
    'CALLVALUE',
    64,
    'MSTORE',
    96,
    0,
    'RETURN',
  ];
  it.each([
    ['CALL', BigInt(CALLEE), BigInt(CONTRACT), 3n],
    ['CALLCODE', BigInt(CONTRACT), BigInt(CONTRACT), 3n],
    ['DELEGATECALL', BigInt(CONTRACT), BigInt(SENDER), 9n],
    ['STATICCALL', BigInt(CALLEE), BigInt(CONTRACT), 0n],
  ] as const)('%s', (kind, address, caller, value) => {
    const items = [...call(kind, { out: 96, value: 3 }), 'POP', 96, 0, 'RETURN'];
    const outcome = run(items, { ...callee(context), transaction: { value: 9n } });
    expect(wordsOf(outcome.output)).toEqual([address, caller, value]);
  });

  it.each([
    ['CALL', CALLEE],
    ['CALLCODE', CONTRACT],
    ['DELEGATECALL', CONTRACT],
  ] as const)('%s writes storage of its context', (kind, owner) => {
    const { changes } = run(call(kind), callee([5, 1, 'SSTORE']));
    expect(changes.accounts.get(owner)?.storage).toEqual(new Map([[word(1), word(5)]]));
  });
});

describe('how a call ends', () => {
  const flagAndSize: readonly Item[] = ['RETURNDATASIZE', 32, 'MSTORE', 0, 'MSTORE', 64, 0, 'RETURN'];
  const ended = (kind: string, code: readonly Item[], gas = 100_000): bigint[] =>
    wordsOf(run([...call(kind, { gas }), ...flagAndSize], callee(code)).output);

  it.each(KINDS)('%s: return, revert, halt, no code', (kind) => {
    expect(ended(kind, [7, 0, 'RETURN'])).toEqual([1n, 7n]);
    expect(ended(kind, [7, 0, 'REVERT'])).toEqual([0n, 7n]);
    expect(ended(kind, ['INVALID'])).toEqual([0n, 0n]);
    expect(ended(kind, ['STOP'])).toEqual([1n, 0n]);
    expect(ended(kind, [])).toEqual([1n, 0n]);
  });

  it('the output is cut to what was asked for, and return data holds all of it', () => {
    const items = [
      (1n << 256n) - 1n,
      0,
      'MSTORE',
      ...call('CALL', { out: 8 }),
      'POP',
      32,
      0,
      32,
      'RETURNDATACOPY',
      64,
      0,
      'RETURN',
    ];
    const { output } = run(items, callee([0x1111n, ...RETURN_TOP]));
    expect(bytesToHex(output)).toBe(`0x${'00'.repeat(8)}${'ff'.repeat(24)}${'00'.repeat(30)}1111`);
  });

  it('a callee starts without return data, and a precompile leaves its own', () => {
    const size = run(
      [...call('CALL'), 'POP', ...call('CALL', { out: 32 }), 'POP', 32, 0, 'RETURN'],
      callee(['RETURNDATASIZE', ...RETURN_TOP]),
    );
    expect(wordOf(size.output)).toBe(0n);
    const identity = [32, 32, 32, 0, 4, 5000, 'STATICCALL'];
    const items = [
      0xabcn,
      0,
      'MSTORE',
      ...identity,
      'RETURNDATASIZE',
      64,
      'MSTORE',
      0,
      'MSTORE',
      96,
      0,
      'RETURN',
    ];
    expect(wordsOf(run(items).output)).toEqual([1n, 0xabcn, 32n]);
  });

  it('reading return data past its end halts, even nothing past the end', () => {
    expect(run([0, 1, 0, 'RETURNDATACOPY'])).toMatchObject({ halt: 'RETURN_DATA_OUT_OF_BOUNDS' });
    expect(run([...call('CALL'), 33, 0, 0, 'RETURNDATACOPY'], callee([32, 0, 'RETURN']))).toMatchObject({
      halt: 'RETURN_DATA_OUT_OF_BOUNDS',
    });
    expect(run([...call('CALL'), 32, 0, 0, 'RETURNDATACOPY'], callee([32, 0, 'RETURN'])).status).toBe(
      'success',
    );
  });
});

describe('gas of calls', () => {
  it('cold account 2600, value 9000, new account 25000, a stipend of 2300 for free', () => {
    const pushes = (items: readonly Item[]): bigint =>
      3n * BigInt(items.filter((item) => item !== 'CALL').length);
    const plain = call('CALL', { to: addressOf(0x99) });
    expect(gasOf(run(plain))).toBe(pushes(plain) + 2600n);
    const paid = call('CALL', { to: addressOf(0x99), value: 1 });
    const self = { balance: 10n };
    // The stipend comes back: nothing ran.
    expect(gasOf(run(paid, { self }))).toBe(pushes(paid) + 2600n + 9000n + 25_000n - 2300n);
    const toExisting = { self, accounts: { [addressOf(0x99)]: { balance: 1n } } };
    expect(gasOf(run(paid, toExisting))).toBe(pushes(paid) + 2600n + 9000n - 2300n);
  });

  it('all but a 64th is forwarded, at most', () => {
    const items = [...call('CALL', { gas: 2 ** 40, out: 32 }), 'POP', 32, 0, 'RETURN'];
    const transaction = { gasLimit: 121_000n };
    const seen = wordOf(run(items, { ...callee(['GAS', ...RETURN_TOP]), transaction }).output);
    const available = 100_000n - 3n * 7n - 2600n - 3n;
    expect(seen).toBe(available - available / 64n - 2n);
  });

  it('before EIP-150 asking for more than there is fails', () => {
    const items = call('CALL', { gas: 200_000 });
    const transaction = { gasLimit: 121_000n };
    expect(run(items, { ...callee([]), transaction, fork: 'homestead' }).status).toBe('halt');
    expect(run(items, { ...callee([]), transaction, fork: 'tangerineWhistle' }).status).toBe('success');
  });

  it('a failed frame loses its gas, a reverted one does not', () => {
    const used = (code: readonly Item[]): bigint => gasOf(run(call('CALL', { gas: 50_000 }), callee(code)));
    expect(used(['INVALID']) - used([])).toBe(50_000n);
    expect(used([0, 0, 'REVERT']) - used([])).toBe(6n);
  });
});

describe('depth and balance', () => {
  it('a call that cannot be paid pushes 0 and gives the gas back', () => {
    const items = [...call('CALL', { value: 5 }), ...RETURN_TOP];
    const outcome = run(items, callee(['INVALID']));
    expect(wordOf(outcome.output)).toBe(0n);
    expect(outcome.gasUsed).toBeLessThan(60_000n);
  });

  it('1024 frames lie below the first, and the next call fails', () => {
    // Counts its own depth in slot 0 and calls itself with all its gas.
    const items = [0, 'SLOAD', 1, 'ADD', 0, 'SSTORE', ...call('CALL', { to: CONTRACT, gas: 2 ** 62 })];
    const deep = run(items, { fork: 'homestead', transaction: { gasLimit: 2n ** 60n } });
    expect(deep.status).toBe('halt');
    const thrifty = [...items.slice(0, -3), BigInt(CONTRACT), 100_000, 'GAS', 'SUB', 'CALL'];
    const { status, changes } = run(thrifty, { fork: 'homestead', transaction: { gasLimit: 2n ** 40n } });
    expect(status).toBe('success');
    expect(changes.accounts.get(CONTRACT)?.storage.get(word(0))).toBe(word(1025));
  });

  it('value moves, and comes back when the callee fails', () => {
    const moved = run(call('CALL', { value: 5 }), { self: { balance: 8n }, ...callee([]) });
    expect(moved.changes.accounts.get(CALLEE)?.account?.balance).toBe(5n);
    const failed = run(call('CALL', { value: 5 }), { self: { balance: 8n }, ...callee(['INVALID']) });
    expect(failed.changes.accounts.has(CALLEE)).toBe(false);
  });
});

describe('static frames', () => {
  const forbidden: readonly (readonly [string, readonly Item[]])[] = [
    ['SSTORE', [1, 1, 'SSTORE']],
    ['TSTORE', [1, 1, 'TSTORE']],
    ['LOG0', [0, 0, 'LOG0']],
    ['LOG4', [0, 0, 0, 0, 0, 0, 'LOG4']],
    ['CREATE', [0, 0, 0, 'CREATE']],
    ['CREATE2', [0, 0, 0, 0, 'CREATE2']],
    ['SELFDESTRUCT', [0, 'SELFDESTRUCT']],
    ['CALL with value', [0, 0, 0, 0, 1, 0, 0, 'CALL']],
  ];
  const flag = [...RETURN_TOP];

  it.each(forbidden)('%s halts', (_name, code) => {
    const items = [...call('STATICCALL'), ...flag];
    expect(wordOf(run(items, callee(code, { balance: 9n })).output)).toBe(0n);
    const inner: readonly Item[] = [...call('CALL', { to: addressOf(0xdeeb) }), ...flag];
    const nested = run([...call('STATICCALL', { out: 32 }), 'POP', 32, 0, 'RETURN'], {
      accounts: {
        [CALLEE]: { code: asm(...inner) },
        [addressOf(0xdeeb)]: { code: asm(...code), balance: 9n },
      },
    });
    expect(wordOf(nested.output)).toBe(0n);
  });

  it('CALLCODE with value is allowed', () => {
    const code = [0, 0, 0, 0, 1, 0x99, 0, 'CALLCODE', ...RETURN_TOP];
    const items = [...call('STATICCALL', { out: 32 }), 'POP', 32, 0, 'RETURN'];
    expect(wordOf(run(items, callee(code, { balance: 9n })).output)).toBe(1n);
  });
});

describe('delegated accounts (EIP-7702)', () => {
  const delegated = { [addressOf(0xde1e)]: { code: `0xef0100${CALLEE.slice(2)}` as Hex, balance: 4n } };
  const to = addressOf(0xde1e);

  it('run their delegate’s code in their own context', () => {
    const accounts = { ...callee(['ADDRESS', ...RETURN_TOP]).accounts, ...delegated };
    const items = [...call('CALL', { to, out: 32 }), 'POP', 32, 0, 'RETURN'];
    expect(wordOf(run(items, { accounts }).output)).toBe(BigInt(to));
    expect(wordOf(run([], { accounts, transaction: { to } }).output)).toBe(BigInt(to));
  });

  it('show the indicator to EXTCODE* and their delegate’s code to CODESIZE', () => {
    const accounts = { ...callee(['CODESIZE', ...RETURN_TOP]).accounts, ...delegated };
    expect(wordOf(run([BigInt(to), 'EXTCODESIZE', ...RETURN_TOP], { accounts }).output)).toBe(23n);
    const size = BigInt(hexToBytes(asm('CODESIZE', ...RETURN_TOP)).length);
    expect(wordOf(run([], { accounts, transaction: { to } }).output)).toBe(size);
  });

  it('pay for their delegate, cold or warm, and go one hop only', () => {
    const accounts = { ...callee([]).accounts, ...delegated };
    expect(gasOf(run(call('CALL', { to }), { accounts }))).toBe(21n + 2600n + 2600n);
    expect(gasOf(run([...call('CALL', { to }), 'POP', ...call('CALL', { to })], { accounts }))).toBe(
      42n + 2n + 5200n + 200n,
    );
    const chain = {
      [to]: { code: `0xef0100${CALLEE.slice(2)}` as Hex },
      [CALLEE]: { code: `0xef0100${addressOf(0x99).slice(2)}` as Hex },
    };
    expect(run([], { accounts: chain, transaction: { to } })).toMatchObject({ halt: 'INVALID_OPCODE' });
  });

  it('delegated to a precompile run nothing', () => {
    const accounts = { [to]: { code: `0xef0100${addressOf(4).slice(2)}` as Hex } };
    const data = Uint8Array.of(1, 2, 3);
    expect(run([], { accounts, transaction: { to, data, gasLimit: 50_000n } }).output).toHaveLength(0);
  });
});
