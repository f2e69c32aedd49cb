import { bytesToHex, hexToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/kernels';
import { describe, expect, it } from 'vitest';
import type { Item } from './support/asm.ts';
import { asm, RETURN_TOP } from './support/asm.ts';
import { run, wordOf } from './support/run.ts';
import type { RunOptions } from './support/run.ts';
import { addressOf, BLOCK, COINBASE, CONTRACT, hashOf, SENDER, word } from './support/world.ts';

const value = (items: readonly Item[], given?: RunOptions): bigint =>
  wordOf(run([...items, ...RETURN_TOP], given).output);

const OTHER = addressOf(0x0e);
const EMPTY_HASH = BigInt(hashOf(new Uint8Array(0)));

describe('the frame', () => {
  it('knows its parties, value and gas price', () => {
    const given = { transaction: { value: 7n }, self: { balance: 3n } };
    expect(value(['ADDRESS'], given)).toBe(BigInt(CONTRACT));
    expect(value(['CALLER'], given)).toBe(BigInt(SENDER));
    expect(value(['ORIGIN'], given)).toBe(BigInt(SENDER));
    expect(value(['CALLVALUE'], given)).toBe(7n);
    expect(value(['SELFBALANCE'], given)).toBe(10n);
    expect(value(['GASPRICE'], given)).toBe(10n);
    expect(value(['GASPRICE'], { transaction: { type: 2, maxPriorityFeePerGas: 1n } })).toBe(8n);
  });

  it('counts pc, code and gas', () => {
    expect(value(['PC'])).toBe(0n);
    expect(value([0, 'POP', 'PC'])).toBe(3n);
    expect(value(['CODESIZE'])).toBe(BigInt(hexToBytes(asm('CODESIZE', ...RETURN_TOP)).length));
    expect(value(['GAS'], { transaction: { gasLimit: 100_000n } })).toBe(100_000n - 21_000n - 2n);
    expect(value([0, 'POP', 'GAS'], { transaction: { gasLimit: 100_000n } })).toBe(79_000n - 3n - 2n - 2n);
  });
});

describe('the block', () => {
  it.each([
    ['COINBASE', BigInt(COINBASE)],
    ['TIMESTAMP', BLOCK.timestamp],
    ['NUMBER', BLOCK.number],
    ['PREVRANDAO', BigInt(BLOCK.prevRandao)],
    ['GASLIMIT', BLOCK.gasLimit],
    ['CHAINID', BLOCK.chainId],
    ['BASEFEE', BLOCK.baseFee],
    ['BLOBBASEFEE', BLOCK.blobBaseFee],
  ])('%s', (mnemonic, expected) => expect(value([mnemonic])).toBe(expected));

  it('gives its difficulty before Paris', () => {
    expect(value(['PREVRANDAO'], { fork: 'london' })).toBe(BLOCK.difficulty);
  });

  it('reaches 256 blocks back', () => {
    const hash = (number: bigint): bigint => value([number, 'BLOCKHASH']);
    expect(hash(999n)).toBe(999n * 0x1_0001n);
    expect(hash(744n)).toBe(744n * 0x1_0001n);
    expect(hash(743n)).toBe(0n);
    expect(hash(1000n)).toBe(0n);
    expect(hash((1n << 64n) + 999n)).toBe(0n);
  });

  it('knows the transaction’s blobs', () => {
    const blobHashes = [`0x01${'ab'.repeat(31)}`, `0x01${'cd'.repeat(31)}`] as const;
    const given: RunOptions = { transaction: { type: 3, blobHashes, maxFeePerBlobGas: 5n } };
    expect(value([1, 'BLOBHASH'], given)).toBe(BigInt(blobHashes[1]));
    expect(value([2, 'BLOBHASH'], given)).toBe(0n);
    expect(value([1n << 200n, 'BLOBHASH'], given)).toBe(0n);
  });
});

describe('call data and code', () => {
  const data = Uint8Array.from({ length: 40 }, (_, i) => i + 1);
  const given: RunOptions = { transaction: { data } };

  it('is read with zeros past its end', () => {
    const padded = new Uint8Array(96);
    padded.set(data);
    expect(value(['CALLDATASIZE'], given)).toBe(40n);
    for (const offset of [0, 1, 8, 9, 39, 40, 41]) {
      expect(value([offset, 'CALLDATALOAD'], given)).toBe(wordOf(padded.subarray(offset, offset + 32)));
    }
    expect(value([1n << 255n, 'CALLDATALOAD'], given)).toBe(0n);
    expect(value([(1n << 32n) + 1n, 'CALLDATALOAD'], given)).toBe(0n);
  });

  it('is copied with zeros past its end', () => {
    const { output } = run([45, 3, 2, 'CALLDATACOPY', 64, 0, 'RETURN'], given);
    const expected = new Uint8Array(64);
    expected.set(data.subarray(3), 2);
    expect(bytesToHex(output)).toBe(bytesToHex(expected));
    const beyond = run([32, 1n << 100n, 0, 'CALLDATACOPY', 32, 0, 'RETURN'], given);
    expect(wordOf(beyond.output)).toBe(0n);
    const code = run([64, 2, 0, 'CODECOPY', 64, 0, 'RETURN'], given);
    const own = hexToBytes(asm(64, 2, 0, 'CODECOPY', 64, 0, 'RETURN'));
    expect(bytesToHex(code.output.subarray(0, own.length - 2))).toBe(bytesToHex(own.subarray(2)));
    expect(code.output.subarray(own.length - 2).every((byte) => byte === 0)).toBe(true);
  });

  it('PUSH past the end of code pads with zeros on the right', () => {
    // CODECOPY of the caller is not needed: a truncated PUSH4 leaves a value nobody sees but STOP.
    expect(run(['0x63aa']).status).toBe('success');
    expect(run(['0x7f']).status).toBe('success');
  });

  it.each(Array.from({ length: 33 }, (_, n) => n))('PUSH%i', (n) => {
    const bytes = Uint8Array.from({ length: n }, (_, i) => 0xf0 - i);
    const code = `0x${(0x5f + n).toString(16)}${bytesToHex(bytes).slice(2)}`;
    expect(value([code])).toBe(n === 0 ? 0n : wordOf(bytes));
  });
});

describe('other accounts', () => {
  const code = '0x6001600255' as const;
  const given: RunOptions = { accounts: { [OTHER]: { balance: 9n, code } } };

  it('BALANCE, EXTCODESIZE, EXTCODEHASH, EXTCODECOPY', () => {
    expect(value([BigInt(OTHER), 'BALANCE'], given)).toBe(9n);
    expect(value([BigInt(OTHER), 'EXTCODESIZE'], given)).toBe(5n);
    expect(value([BigInt(OTHER), 'EXTCODEHASH'], given)).toBe(BigInt(hashOf(hexToBytes(code))));
    const copied = run([8, 1, 0, BigInt(OTHER), 'EXTCODECOPY', 8, 0, 'RETURN'], given);
    expect(bytesToHex(copied.output)).toBe('0x0160025500000000');
  });

  it('only the low 20 bytes of an address count', () => {
    expect(value([BigInt(OTHER) + (1n << 160n), 'BALANCE'], given)).toBe(9n);
  });

  it('EXTCODEHASH is 0 for none and empty accounts, the empty hash for one without code', () => {
    const accounts = { [OTHER]: { balance: 1n }, [addressOf(0xe1)]: {} };
    expect(value([BigInt(OTHER), 'EXTCODEHASH'], { accounts })).toBe(EMPTY_HASH);
    expect(value([0xe1, 'EXTCODEHASH'], { accounts })).toBe(0n);
    expect(value([0xe2, 'EXTCODEHASH'], { accounts })).toBe(0n);
  });
});

describe('KECCAK256', () => {
  it.each([0, 1, 32, 135, 136, 137, 300])('of %i bytes', (length) => {
    const data = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
    const items = [length, 0, 0, 'CALLDATACOPY', length, 0, 'KECCAK256'];
    expect(value(items, { transaction: { data } })).toBe(wordOf(keccak256(data)));
  });

  it('of nothing does not look at the offset', () => {
    expect(value([0, 1n << 255n, 'KECCAK256'])).toBe(EMPTY_HASH);
  });
});

describe('instructions of later forks', () => {
  it.each([
    ['PUSH0', 'paris', 'shanghai'],
    ['CHAINID', 'petersburg', 'istanbul'],
    ['SELFBALANCE', 'petersburg', 'istanbul'],
    ['BASEFEE', 'berlin', 'london'],
    ['BLOBBASEFEE', 'shanghai', 'cancun'],
    ['RETURNDATASIZE', 'spuriousDragon', 'byzantium'],
    ['SLOTNUM', 'bpo2', 'amsterdam'],
  ] as const)('%s is invalid in %s', (mnemonic, before, since) => {
    expect(run([mnemonic], { fork: before })).toMatchObject({ status: 'halt', halt: 'INVALID_OPCODE' });
    expect(run([mnemonic, 'POP'], { fork: since }).status).toBe('success');
  });

  it('SLOTNUM pushes the slot', () => {
    expect(value(['SLOTNUM'], { fork: 'amsterdam' })).toBe(77n);
    expect(word(77)).toHaveLength(66);
  });
});
