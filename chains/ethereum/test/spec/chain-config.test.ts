import { isNinefoldError } from '@ninefold/base';
import type { ForkName } from '@ninefold/vm-evm';
import { FORKS } from '@ninefold/vm-evm';
import { describe, expect, it } from 'vitest';
import {
  blobScheduleAt,
  createDevConfig,
  forkAt,
  MAINNET_CONFIG,
  rulesAt,
} from '../../src/spec/chain-config.ts';
import { nextDifficulty } from '../../src/spec/difficulty.ts';
import {
  blobBaseFee,
  fakeExponential,
  GAS_PER_BLOB,
  maxBlobGas,
  nextBaseFee,
  nextExcessBlobGas,
} from '../../src/spec/fees.ts';
import { forkId } from '../../src/spec/fork-id.ts';
import { parseGethConfig } from '../../src/spec/geth-config.ts';
import { predeploys } from '../../src/spec/predeploys.ts';
import { blockReward, nephewReward, ommerReward } from '../../src/spec/rewards.ts';

const MERGED = 58_750_000_000_000_000_000_000n;
const at = (number: bigint, timestamp = 0n, totalDifficulty = 0n) => ({ number, timestamp, totalDifficulty });

describe('mainnet', () => {
  it('changed its rules when it did', () => {
    const history: readonly (readonly [ForkName, ReturnType<typeof at>])[] = [
      ['frontier', at(1_149_999n)],
      ['homestead', at(1_150_000n)],
      ['tangerineWhistle', at(2_463_000n)],
      ['spuriousDragon', at(2_675_000n)],
      ['byzantium', at(4_370_000n)],
      ['petersburg', at(7_280_000n)],
      ['istanbul', at(9_069_000n)],
      ['berlin', at(12_244_000n)],
      ['london', at(15_537_393n, 0n, MERGED - 1n)],
      ['paris', at(15_537_394n, 0n, MERGED)],
      ['shanghai', at(17_034_870n, 1_681_338_455n, MERGED)],
      ['cancun', at(19_426_587n, 1_710_338_135n, MERGED)],
      ['prague', at(22_431_084n, 1_746_612_311n, MERGED)],
      ['osaka', at(23_935_694n, 1_764_798_551n, MERGED)],
      ['bpo1', at(24_000_000n, 1_765_290_071n, MERGED)],
      ['bpo2', at(24_200_000n, 1_767_747_671n, MERGED)],
    ];
    for (const [fork, position] of history) expect(forkAt(MAINNET_CONFIG, position)).toBe(fork);
  });

  it('has the fork ids of EIP-2124 and EIP-6122', () => {
    const genesis = {
      hash: '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
      timestamp: 0n,
    } as const;
    const known: readonly (readonly [bigint, bigint, string, bigint])[] = [
      [0n, 0n, '0xfc64ec04', 1_150_000n],
      [1_150_000n, 0n, '0x97c2c34c', 1_920_000n],
      [1_920_000n, 0n, '0x91d1f948', 2_463_000n],
      [2_463_000n, 0n, '0x7a64da13', 2_675_000n],
      [2_675_000n, 0n, '0x3edd5b10', 4_370_000n],
      [4_370_000n, 0n, '0xa00bc324', 7_280_000n],
      [7_280_000n, 0n, '0x668db0af', 9_069_000n],
      [9_069_000n, 0n, '0x879d6e30', 9_200_000n],
      [9_200_000n, 0n, '0xe029e991', 12_244_000n],
      [12_244_000n, 0n, '0x0eb440f6', 12_965_000n],
      [12_965_000n, 0n, '0xb715077d', 13_773_000n],
      [13_773_000n, 0n, '0x20c327fc', 15_050_000n],
      [15_050_000n, 0n, '0xf0afd0e3', 1_681_338_455n],
      [20_000_000n, 1_681_338_455n, '0xdce96c2d', 1_710_338_135n],
      [30_000_000n, 1_710_338_135n, '0x9f3d2254', 1_746_612_311n],
    ];
    for (const [number, timestamp, hash, next] of known) {
      expect(forkId(MAINNET_CONFIG, genesis, number, timestamp)).toEqual({ hash, next });
    }
    expect(forkId(MAINNET_CONFIG, genesis, 30_000_000n, 1_800_000_000n).next).toBe(0n);
  });
});

describe('development chains', () => {
  it('have every fork from genesis on', () => {
    for (const { name } of FORKS) {
      const config = createDevConfig({ fork: name });
      expect(forkAt(config, at(0n))).toBe(name);
      expect(rulesAt(config, at(5n, 5n)).blobSchedule).toEqual(blobScheduleAt(config, name));
    }
    expect(createDevConfig().chainId).toBe(31_337n);
    expect(forkAt(createDevConfig(), at(0n))).toBe('bpo2');
  });

  it('keep the blob parameters of the fork before, unless they have their own', () => {
    expect(blobScheduleAt(createDevConfig(), 'shanghai')).toBeUndefined();
    expect(blobScheduleAt(createDevConfig(), 'osaka')?.max).toBe(9);
    const blobSchedule = { target: 1, max: 2, updateFraction: 3n };
    expect(blobScheduleAt(createDevConfig({ fork: 'osaka', blobSchedule }), 'osaka')).toBe(blobSchedule);
  });

  it('start with the system contracts of their fork', () => {
    expect(predeploys('shanghai').size).toBe(0);
    expect(predeploys('cancun').size).toBe(1);
    expect(predeploys('prague').size).toBe(5);
    expect(
      predeploys('prague')
        .get('0x00000000219ab540356cbb839cbe05303d7705fa')
        ?.storage.get('0x0000000000000000000000000000000000000000000000000000000000000022'),
    ).toBe('0xf5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b');
  });
});

describe('configurations in genesis files', () => {
  const codeOf = (config: Readonly<Record<string, unknown>>): string | undefined => {
    try {
      parseGethConfig(config);
    } catch (error) {
      return isNinefoldError(error) ? error.code : 'other';
    }
    return undefined;
  };

  it('schedule forks by block, total difficulty and time', () => {
    const config = parseGethConfig({
      chainId: 1337,
      homesteadBlock: 0,
      byzantiumBlock: '0x5',
      londonBlock: 7,
      terminalTotalDifficulty: '100',
      shanghaiTime: 1000,
      ethash: {},
    });
    expect(config.chainId).toBe(1337n);
    expect(forkAt(config, at(4n))).toBe('homestead');
    expect(forkAt(config, at(5n))).toBe('byzantium');
    expect(forkAt(config, at(7n))).toBe('london');
    expect(forkAt(config, at(8n, 0n, 100n))).toBe('paris');
    expect(forkAt(config, at(9n, 1000n, 100n))).toBe('shanghai');
    expect(config.bombDelays).toEqual([
      { fromBlock: 5n, delay: 3_000_000n },
      { fromBlock: 7n, delay: 9_700_000n },
    ]);
  });

  it('bring their own blob parameters, deposit contract and DAO', () => {
    const deposit = `0x${'Ab'.repeat(20)}`;
    const config = parseGethConfig({
      cancunTime: 0,
      blobSchedule: { cancun: { target: 1, max: 2, baseFeeUpdateFraction: 3 }, unknown: 5 },
      depositContractAddress: deposit,
      daoForkBlock: 9,
      daoForkSupport: true,
    });
    expect(blobScheduleAt(config, 'cancun')).toEqual({ target: 1, max: 2, updateFraction: 3n });
    expect(config.depositContract).toBe(deposit.toLowerCase());
    expect(config.daoForkBlock).toBe(9n);
    expect(parseGethConfig({ daoForkBlock: 9 }).daoForkBlock).toBeUndefined();
  });

  it('are refused when they make no sense', () => {
    expect(codeOf({ londonBlock: -1 })).toBe('GENESIS_INVALID_CONFIG');
    expect(codeOf({ londonBlock: 'soon' })).toBe('GENESIS_INVALID_CONFIG');
    expect(codeOf({ depositContractAddress: '0x12' })).toBe('GENESIS_INVALID_CONFIG');
    expect(codeOf({ blobSchedule: 7 })).toBe('GENESIS_INVALID_CONFIG');
    expect(codeOf({ blobSchedule: { cancun: null } })).toBe('GENESIS_INVALID_CONFIG');
    expect(codeOf({ blobSchedule: { cancun: { target: 1, max: 2 } } })).toBe('GENESIS_INVALID_CONFIG');
    expect(codeOf({ blobSchedule: { cancun: { target: 1, max: 2, baseFeeUpdateFraction: 0 } } })).toBe(
      'GENESIS_INVALID_CONFIG',
    );
  });
});

describe('base fee', () => {
  const fee = (gasUsed: bigint, baseFeePerGas = 1_000_000_000n): bigint =>
    nextBaseFee({ baseFeePerGas, gasUsed, gasLimit: 20_000_000n });

  it('stays at the target and moves by an eighth at most', () => {
    expect(fee(10_000_000n)).toBe(1_000_000_000n);
    expect(fee(20_000_000n)).toBe(1_125_000_000n);
    expect(fee(0n)).toBe(875_000_000n);
    expect(fee(9_000_000n)).toBe(987_500_000n);
  });

  it('rises by one wei at least', () => {
    expect(fee(20_000_000n, 1n)).toBe(2n);
    expect(fee(0n, 7n)).toBe(7n);
  });
});

describe('blob fees', () => {
  const cancun = { target: 3, max: 6, updateFraction: 3_338_477n };
  const osaka = { target: 6, max: 9, updateFraction: 5_007_716n };

  it('follow the examples of EIP-4844', () => {
    expect(fakeExponential(1n, 0n, 1n)).toBe(1n);
    expect(fakeExponential(38_493n, 0n, 1000n)).toBe(38_493n);
    expect(fakeExponential(0n, 1234n, 2345n)).toBe(0n);
    expect(fakeExponential(1n, 2n, 1n)).toBe(6n);
    expect(fakeExponential(1n, 4n, 2n)).toBe(6n);
    expect(fakeExponential(1n, 3n, 1n)).toBe(16n);
    expect(fakeExponential(1n, 6n, 2n)).toBe(18n);
    expect(fakeExponential(10n, 8n, 2n)).toBe(542n);
    expect(blobBaseFee(2_314_057n, cancun)).toBe(1n);
    expect(blobBaseFee(2_314_058n, cancun)).toBe(2n);
    expect(blobBaseFee(10n * 1024n * 1024n, cancun)).toBe(23n);
    expect(maxBlobGas(cancun)).toBe(786_432n);
  });

  it('carry over what is above the target', () => {
    const next = (excess: bigint, blobs: bigint): bigint =>
      nextExcessBlobGas('cancun', cancun, {
        excessBlobGas: excess,
        blobGasUsed: blobs * GAS_PER_BLOB,
        baseFeePerGas: 1n,
      });
    expect(next(0n, 0n)).toBe(0n);
    expect(next(0n, 3n)).toBe(0n);
    expect(next(0n, 4n)).toBe(GAS_PER_BLOB);
    expect(next(GAS_PER_BLOB, 2n)).toBe(0n);
    expect(next(5n * GAS_PER_BLOB, 3n)).toBe(5n * GAS_PER_BLOB);
    const before = { excessBlobGas: undefined, blobGasUsed: undefined, baseFeePerGas: 1n };
    expect(nextExcessBlobGas('cancun', cancun, before)).toBe(0n);
  });

  it('do not fall below what executing costs, from Osaka on', () => {
    const parent = {
      excessBlobGas: 10n * GAS_PER_BLOB,
      blobGasUsed: 3n * GAS_PER_BLOB,
      baseFeePerGas: 10n ** 9n,
    };
    expect(nextExcessBlobGas('prague', osaka, parent)).toBe(7n * GAS_PER_BLOB);
    expect(nextExcessBlobGas('osaka', osaka, parent)).toBe(11n * GAS_PER_BLOB);
    expect(nextExcessBlobGas('osaka', osaka, { ...parent, baseFeePerGas: 7n })).toBe(7n * GAS_PER_BLOB);
  });
});

describe('proof of work', () => {
  it('pays what the era pays', () => {
    const ether = 10n ** 18n;
    expect(blockReward('frontier')).toBe(5n * ether);
    expect(blockReward('byzantium')).toBe(3n * ether);
    expect(blockReward('london')).toBe(2n * ether);
    expect(blockReward('paris')).toBe(0n);
    expect(ommerReward(ether, 1n)).toBe((7n * ether) / 8n);
    expect(ommerReward(ether, 6n)).toBe((2n * ether) / 8n);
    expect(nephewReward(ether)).toBe(ether / 32n);
  });

  it('has a difficulty of at least the minimum, that follows the time and the bomb', () => {
    const config = createDevConfig({ fork: 'byzantium' });
    const parent = { difficulty: 2_048_000n, timestamp: 100n, hasOmmers: false };
    const difficulty = (elapsed: bigint, number = 10n, hasOmmers = false): bigint =>
      nextDifficulty(config, 'byzantium', { number, timestamp: 100n + elapsed }, { ...parent, hasOmmers });
    expect(difficulty(1n)).toBe(2_049_000n);
    expect(difficulty(1n, 10n, true)).toBe(2_050_000n);
    expect(difficulty(9n)).toBe(2_048_000n);
    expect(difficulty(18n)).toBe(2_047_000n);
    expect(difficulty(100_000n)).toBe(2_048_000n - 99_000n);
    expect(difficulty(9n, 3_200_000n)).toBe(2_048_001n);
    expect(difficulty(9n, 3_500_000n)).toBe(2_048_008n);
    const low = { difficulty: 131_072n, timestamp: 0n, hasOmmers: false };
    expect(nextDifficulty(config, 'frontier', { number: 1n, timestamp: 50n }, low)).toBe(131_072n);
  });
});
