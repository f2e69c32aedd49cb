import type { ForkName } from '@ninefold/vm-evm';

/** Names of forks in published fixtures. */
const FORK_OF_NETWORK: Readonly<Record<string, ForkName>> = {
  Frontier: 'frontier',
  Homestead: 'homestead',
  EIP150: 'tangerineWhistle',
  EIP158: 'spuriousDragon',
  Byzantium: 'byzantium',
  Constantinople: 'constantinople',
  ConstantinopleFix: 'petersburg',
  Istanbul: 'istanbul',
  Berlin: 'berlin',
  London: 'london',
  Merge: 'paris',
  Paris: 'paris',
  Shanghai: 'shanghai',
  Cancun: 'cancun',
  Prague: 'prague',
  Osaka: 'osaka',
  BPO1: 'bpo1',
  BPO2: 'bpo2',
  BPO3: 'bpo3',
  BPO4: 'bpo4',
  Amsterdam: 'amsterdam',
};

/** The fork a fixture means by `network`; `undefined` for names that are no single fork. */
export function forkOfNetwork(network: string): ForkName | undefined {
  return Object.hasOwn(FORK_OF_NETWORK, network) ? FORK_OF_NETWORK[network] : undefined;
}
