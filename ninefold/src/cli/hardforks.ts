import type { ForkName } from '@ninefold/vm-evm';

/** Forks by the names of the specification. Types only come from the machine, which must not be loaded before it is needed; a test compares. */
export const HARDFORKS: readonly ForkName[] = [
  'frontier',
  'homestead',
  'tangerineWhistle',
  'spuriousDragon',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'berlin',
  'london',
  'paris',
  'shanghai',
  'cancun',
  'prague',
  'osaka',
  'bpo1',
  'bpo2',
  'bpo3',
  'bpo4',
  'amsterdam',
];
