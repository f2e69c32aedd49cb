import { forkAt } from '@ninefold/chain-ethereum';
import { describe, expect, it } from 'vitest';
import { configOfNetwork } from '../../src/evm/chain-networks.ts';

const at = (number: bigint, timestamp = 0n, totalDifficulty = 0n) => ({ number, timestamp, totalDifficulty });

describe('networks of blockchain tests', () => {
  it('are one fork from genesis on', () => {
    expect(forkAt(configOfNetwork('ConstantinopleFix'), at(0n))).toBe('petersburg');
    expect(forkAt(configOfNetwork('Osaka'), at(0n))).toBe('osaka');
  });

  it('change at a block', () => {
    const config = configOfNetwork('BerlinToLondonAt5');
    expect(forkAt(config, at(4n))).toBe('berlin');
    expect(forkAt(config, at(5n))).toBe('london');
    expect(config.bombDelays.at(-1)).toEqual({ fromBlock: 5n, delay: 9_700_000n });
  });

  it('change at a time', () => {
    const config = configOfNetwork('BPO2ToBPO3AtTime15k');
    expect(forkAt(config, at(1n, 14_999n))).toBe('bpo2');
    expect(forkAt(config, at(1n, 15_000n))).toBe('bpo3');
  });

  it('change at a total difficulty', () => {
    const config = configOfNetwork('ArrowGlacierToParisAtDiffC0000');
    expect(forkAt(config, at(1n, 0n, 0xbffffn))).toBe('london');
    expect(forkAt(config, at(1n, 0n, 0xc0000n))).toBe('paris');
    expect(config.bombDelays.at(-1)).toEqual({ fromBlock: 0n, delay: 10_700_000n });
  });

  it('may have the DAO in them', () => {
    expect(configOfNetwork('HomesteadToDaoAt5')).toMatchObject({ daoForkBlock: 5n });
  });

  it('bring blob parameters and a chain id of their own', () => {
    const blobSchedule = { BPO3: { target: '0x15', max: '0x20', baseFeeUpdateFraction: '0x013a7aa1' } };
    const config = configOfNetwork('BPO3', { chainid: '0x05', blobSchedule });
    expect(config.chainId).toBe(5n);
    expect(config.blobSchedules.get('bpo3')).toEqual({ target: 21, max: 32, updateFraction: 20_609_697n });
  });

  it('are known or an error', () => {
    expect(() => configOfNetwork('Atlantis')).toThrow('Atlantis');
  });
});
