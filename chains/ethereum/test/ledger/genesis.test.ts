import { isNinefoldError } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { createChain } from '../../src/ledger/chain.ts';
import { devGenesis, parseGethGenesis } from '../../src/ledger/genesis.ts';
import { headerHash } from '../../src/ledger/header.ts';
import { createDevConfig } from '../../src/spec/chain-config.ts';
import { createToyEvm } from './toy-evm.ts';
import { word } from './harness.ts';

const codeOf = (json: Readonly<Record<string, unknown>>): string | undefined => {
  try {
    parseGethGenesis(json);
  } catch (error) {
    return isNinefoldError(error) ? error.code : 'other';
  }
  return undefined;
};

describe('genesis files', () => {
  const file = {
    config: { chainId: 7, homesteadBlock: 0, terminalTotalDifficulty: 0, shanghaiTime: 0 },
    nonce: '0x42',
    timestamp: '0x10',
    extraData: '0x1234',
    gasLimit: '0x1c9c380',
    difficulty: 0,
    coinbase: `0x${'C0'.repeat(20)}`,
    alloc: {
      [`${'aA'.repeat(20)}`]: {
        balance: '1000',
        nonce: '0x1',
        code: '0x00',
        storage: { '0x1': '0x2', '0x3': '0x0' },
      },
      [`0x${'bb'.repeat(20)}`]: { balance: '0xff' },
    },
  };

  it('make the first block and the first state', () => {
    const chain = createChain({ genesis: parseGethGenesis(file), createEvm: createToyEvm });
    const { block, hash, fork } = chain.genesis();
    expect(fork).toBe('shanghai');
    expect(block.header).toMatchObject({
      nonce: '0x0000000000000042',
      timestamp: 16n,
      gasLimit: 30_000_000n,
      beneficiary: `0x${'c0'.repeat(20)}`,
      baseFeePerGas: 1_000_000_000n,
      blobGasUsed: undefined,
    });
    expect(headerHash(block.header)).toBe(hash);
    expect(block.withdrawals).toEqual([]);
    const world = chain.worldAt(hash);
    expect(world.account(`0x${'aa'.repeat(20)}`)).toMatchObject({ balance: 1000n, nonce: 1n });
    expect(world.storage(`0x${'aa'.repeat(20)}`, word(1))).toBe(word(2));
    expect(world.storage(`0x${'aa'.repeat(20)}`, word(3))).toBeUndefined();
    expect(world.account(`0x${'bb'.repeat(20)}`)?.balance).toBe(255n);
  });

  it('need no more than what differs from the defaults', () => {
    const chain = createChain({
      genesis: parseGethGenesis({ difficulty: '0x400000000', gasLimit: 5000 }),
      createEvm: createToyEvm,
    });
    expect(chain.genesis().block.header).toMatchObject({
      difficulty: 17_179_869_184n,
      gasLimit: 5000n,
      baseFeePerGas: undefined,
    });
    expect(chain.genesis().totalDifficulty).toBe(17_179_869_184n);
  });

  it('are refused with the field that is wrong', () => {
    expect(codeOf(file)).toBeUndefined();
    expect(codeOf({ ...file, timestamp: 'yesterday' })).toBe('GENESIS_INVALID');
    expect(codeOf({ ...file, coinbase: '0x12' })).toBe('GENESIS_INVALID');
    expect(codeOf({ ...file, extraData: 5 })).toBe('GENESIS_INVALID');
    expect(codeOf({ ...file, alloc: [] })).toBe('GENESIS_INVALID');
    expect(codeOf({ ...file, alloc: { '0x12': {} } })).toBe('GENESIS_INVALID');
    expect(codeOf({ ...file, alloc: { [`0x${'bb'.repeat(20)}`]: { storage: { '0x1': 'x' } } } })).toBe(
      'GENESIS_INVALID',
    );
    expect(codeOf({ ...file, config: { londonBlock: -1 } })).toBe('GENESIS_INVALID_CONFIG');
  });
});

describe('genesis of development chains', () => {
  it('has the fields of its fork', () => {
    const genesis = (fork: 'london' | 'cancun' | 'bpo2') =>
      createChain({
        genesis: devGenesis({ config: createDevConfig({ fork }), timestamp: 5n, baseFeePerGas: 9n }),
        createEvm: createToyEvm,
      }).genesis().block.header;
    expect(genesis('london')).toMatchObject({
      difficulty: 1n,
      baseFeePerGas: 9n,
      withdrawalsRoot: undefined,
    });
    expect(genesis('cancun')).toMatchObject({
      difficulty: 0n,
      blobGasUsed: 0n,
      excessBlobGas: 0n,
      requestsHash: undefined,
    });
    expect(genesis('bpo2')).toMatchObject({ gasLimit: 60_000_000n, timestamp: 5n });
    expect(genesis('bpo2').requestsHash).toBe(
      '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });
});
