import type { Hex } from '@ninefold/base';
import { defineErrors, isHex } from '@ninefold/base';
import type { BlobSchedule, ForkName } from '@ninefold/vm-evm';
import { FORKS } from '@ninefold/vm-evm';
import type { ChainConfig, ForkActivation } from './chain-config.ts';
import { activationOf, blobSchedulesOf, BOMB_DELAYS, MAINNET_DEPOSIT_CONTRACT } from './chain-config.ts';

const fail = defineErrors({
  GENESIS_INVALID_CONFIG: (c: { readonly setting: string; readonly reason: string }) =>
    `config.${c.setting} of the genesis file ${c.reason}`,
});

/** The `config` object of a genesis file as geth and most other clients write it. */
export type GethConfig = Readonly<Record<string, unknown>>;

/** geth's names of the activations; the merge goes by `terminalTotalDifficulty`. */
const SETTINGS: ReadonlyMap<ForkName, string> = new Map([
  ['homestead', 'homesteadBlock'],
  ['tangerineWhistle', 'eip150Block'],
  ['spuriousDragon', 'eip158Block'],
  ['byzantium', 'byzantiumBlock'],
  ['constantinople', 'constantinopleBlock'],
  ['petersburg', 'petersburgBlock'],
  ['istanbul', 'istanbulBlock'],
  ['berlin', 'berlinBlock'],
  ['london', 'londonBlock'],
  ['paris', 'terminalTotalDifficulty'],
  ['shanghai', 'shanghaiTime'],
  ['cancun', 'cancunTime'],
  ['prague', 'pragueTime'],
  ['osaka', 'osakaTime'],
  ['bpo1', 'bpo1Time'],
  ['bpo2', 'bpo2Time'],
  ['bpo3', 'bpo3Time'],
  ['bpo4', 'bpo4Time'],
  ['amsterdam', 'amsterdamTime'],
]);

const NETSPLIT_SETTINGS = ['muirGlacierBlock', 'arrowGlacierBlock', 'grayGlacierBlock', 'mergeNetsplitBlock'];

/**
 * The chain configuration in a geth-style genesis file. Settings it does not know are left alone,
 * as geth does: such files carry those of consensus engines and of other clients.
 *
 * @throws `GENESIS_INVALID_CONFIG`
 * @example parseGethConfig({ chainId: 1337, homesteadBlock: 0, terminalTotalDifficulty: 0, shanghaiTime: 0 })
 */
export function parseGethConfig(config: GethConfig): ChainConfig {
  const forks: ForkActivation[] = [{ fork: 'frontier', by: 'block', at: 0n }];
  for (const [fork, setting] of SETTINGS) {
    const at = readInteger(config, setting);
    if (at !== undefined) forks.push({ fork, by: activationOf(fork), at });
  }
  return {
    chainId: readInteger(config, 'chainId') ?? 1n,
    forks,
    daoForkBlock: config['daoForkSupport'] === true ? readInteger(config, 'daoForkBlock') : undefined,
    bombDelays: BOMB_DELAYS.flatMap(({ setting, delay }) => {
      const fromBlock = readInteger(config, setting);
      return fromBlock === undefined ? [] : [{ fromBlock, delay }];
    }),
    blobSchedules: blobSchedulesOf(
      forks.map(({ fork }) => fork),
      readBlobSchedules(config['blobSchedule']),
    ),
    depositContract: readAddress(config, 'depositContractAddress') ?? MAINNET_DEPOSIT_CONTRACT,
    netsplitBlocks: NETSPLIT_SETTINGS.flatMap((setting) => readInteger(config, setting) ?? []),
  };
}

function readInteger(object: GethConfig, setting: string): bigint | undefined {
  const value = object[setting];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'bigint' && value >= 0n) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^(0x[\da-fA-F]+|\d+)$/.test(value)) return BigInt(value);
  throw fail('GENESIS_INVALID_CONFIG', { setting, reason: 'is not an unsigned integer' });
}

function readAddress(object: GethConfig, setting: string): Hex | undefined {
  const value = object[setting];
  if (value === undefined || value === null) return undefined;
  if (isHex(value, 20)) return value.toLowerCase() as Hex;
  throw fail('GENESIS_INVALID_CONFIG', { setting, reason: 'is not an address' });
}

function readBlobSchedules(value: unknown): ReadonlyMap<ForkName, BlobSchedule> {
  const schedules = new Map<ForkName, BlobSchedule>();
  if (value === undefined || value === null) return schedules;
  if (typeof value !== 'object') {
    throw fail('GENESIS_INVALID_CONFIG', { setting: 'blobSchedule', reason: 'is not an object' });
  }
  for (const [name, entry] of Object.entries(value)) {
    const fork = FORKS.find((each) => each.name === name.toLowerCase())?.name;
    if (fork === undefined) continue;
    const setting = `blobSchedule.${name}`;
    if (typeof entry !== 'object' || entry === null) {
      throw fail('GENESIS_INVALID_CONFIG', { setting, reason: 'is not an object' });
    }
    const target = readInteger(entry, 'target');
    const max = readInteger(entry, 'max');
    const updateFraction = readInteger(entry, 'baseFeeUpdateFraction');
    if (target === undefined || max === undefined || !updateFraction) {
      const reason = 'needs target, max and a baseFeeUpdateFraction above zero';
      throw fail('GENESIS_INVALID_CONFIG', { setting, reason });
    }
    schedules.set(fork, { target: Number(target), max: Number(max), updateFraction });
  }
  return schedules;
}
