import { describe, expect, it } from 'vitest';
import type { Message } from '../src/tx/message.ts';
import { isSane } from '../src/tx/sanitize.ts';
import { createTransaction } from '../src/tx/transaction.ts';
import { at, messageOf, PAYER, transfer } from './support/world.ts';

type Legacy = Extract<Message, { version: 'legacy' }>;

const good: Legacy = messageOf([PAYER.address], [transfer(PAYER.address, at(2), 1n)], at(9));
const check = (message: Message, signatures = message.header.signatures): boolean =>
  isSane(
    createTransaction(
      message,
      Array.from({ length: signatures }, () => new Uint8Array(64)),
    ),
  );

const withHeader = (header: Partial<Message['header']>): Legacy => ({
  ...good,
  header: { ...good.header, ...header },
});
const withCall = (call: Partial<Legacy['instructions'][number]>): Legacy => ({
  ...good,
  instructions: [{ ...(good.instructions[0] as Legacy['instructions'][number]), ...call }],
});

describe('messages before version 1', () => {
  it('are sane when all agrees', () => {
    expect(check(good)).toBe(true);
    expect(check({ ...good, instructions: [] })).toBe(true);
  });

  it.each([
    ['more signers and readers than keys', withHeader({ signatures: 3, readonlyUnsigned: 1 })],
    ['a payer that can only be read', withHeader({ readonlySigned: 1 })],
    ['no signer', withHeader({ signatures: 0 })],
    ['a program out of range', withCall({ program: 3 })],
    ['the payer as a program', withCall({ program: 0 })],
    ['an account out of range', withCall({ accounts: Uint8Array.of(3) })],
    ['too many accounts', withCall({ accounts: new Uint8Array(256) })],
  ])('are not with %s', (_, message) => {
    expect(check(message)).toBe(false);
  });

  it('have as many signatures as signers', () => {
    expect(check(good, 0)).toBe(false);
    expect(check(good, 2)).toBe(false);
  });

  it('have 64 instructions at most', () => {
    const [call] = good.instructions as readonly [Legacy['instructions'][number]];
    expect(check({ ...good, instructions: Array.from({ length: 64 }, () => call) })).toBe(true);
    expect(check({ ...good, instructions: Array.from({ length: 65 }, () => call) })).toBe(false);
  });

  it('may name 255 accounts in an instruction', () => {
    expect(check(withCall({ accounts: new Uint8Array(255) }))).toBe(true);
  });
});

describe('lookups', () => {
  const lookup = { table: at(5), writable: Uint8Array.of(0), readonly: Uint8Array.of(1, 2) };
  const versioned = (lookups: readonly (typeof lookup)[]): Message => ({ ...good, version: 0, lookups });

  it('give accounts, but no programs', () => {
    const [call] = good.instructions as readonly [Legacy['instructions'][number]];
    const reaching = { ...versioned([lookup]), instructions: [{ ...call, accounts: Uint8Array.of(5) }] };
    expect(check(reaching as Message)).toBe(true);
    const beyond = { ...versioned([lookup]), instructions: [{ ...call, accounts: Uint8Array.of(6) }] };
    expect(check(beyond as Message)).toBe(false);
    const program = { ...versioned([lookup]), instructions: [{ ...call, program: 4 }] };
    expect(check(program as Message)).toBe(false);
  });

  it('take something out of each table, and not more than a byte can name', () => {
    const none = { ...lookup, writable: new Uint8Array(0), readonly: new Uint8Array(0) };
    expect(check(versioned([none]))).toBe(false);
    expect(
      check(versioned([{ ...lookup, writable: new Uint8Array(253), readonly: new Uint8Array(0) }])),
    ).toBe(true);
    expect(
      check(versioned([{ ...lookup, writable: new Uint8Array(254), readonly: new Uint8Array(0) }])),
    ).toBe(false);
  });
});

describe('version 1', () => {
  const v1 = (more: Partial<Extract<Message, { version: 1 }>> = {}): Message => ({
    ...good,
    version: 1,
    config: {},
    ...more,
  });

  it('refuses a key twice', () => {
    expect(check(v1())).toBe(true);
    expect(check(v1({ keys: [PAYER.address, at(2), at(2)] }))).toBe(false);
  });

  it.each([
    [32_768, true],
    [262_144, true],
    [16_384, false],
    [262_145, false],
    [33_000, false],
  ])('a heap of %d is fine: %s', (heapBytes, isFine) => {
    expect(check(v1({ config: { heapBytes } }))).toBe(isFine);
  });

  it('has 12 signers, 64 addresses and 4096 bytes at most', () => {
    const keys = (count: number) => Array.from({ length: count }, (_, i) => at(i + 1));
    const header = (signatures: number) => ({ signatures, readonlySigned: 0, readonlyUnsigned: 0 });
    expect(check(v1({ keys: keys(64), header: header(12) }))).toBe(true);
    expect(check(v1({ keys: keys(65), header: header(12) }))).toBe(false);
    expect(check(v1({ keys: keys(64), header: header(13) }))).toBe(false);
    const [call] = good.instructions as readonly [Legacy['instructions'][number]];
    expect(check(v1({ instructions: [{ ...call, data: new Uint8Array(4096) }] }))).toBe(false);
  });
});
