import type { Hex } from '@ninefold/base';
import type { ForkName } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';

/** The precompiled contracts under the names EIP-7910 gives them. */
export const PRECOMPILES: readonly {
  readonly name: string;
  readonly address: Hex;
  readonly since: ForkName;
}[] = [
  { name: 'ECREC', address: addressOf(0x01), since: 'frontier' },
  { name: 'SHA256', address: addressOf(0x02), since: 'frontier' },
  { name: 'RIPEMD160', address: addressOf(0x03), since: 'frontier' },
  { name: 'ID', address: addressOf(0x04), since: 'frontier' },
  { name: 'MODEXP', address: addressOf(0x05), since: 'byzantium' },
  { name: 'BN254_ADD', address: addressOf(0x06), since: 'byzantium' },
  { name: 'BN254_MUL', address: addressOf(0x07), since: 'byzantium' },
  { name: 'BN254_PAIRING', address: addressOf(0x08), since: 'byzantium' },
  { name: 'BLAKE2F', address: addressOf(0x09), since: 'istanbul' },
  { name: 'KZG_POINT_EVALUATION', address: addressOf(0x0a), since: 'cancun' },
  { name: 'BLS12_G1ADD', address: addressOf(0x0b), since: 'prague' },
  { name: 'BLS12_G1MSM', address: addressOf(0x0c), since: 'prague' },
  { name: 'BLS12_G2ADD', address: addressOf(0x0d), since: 'prague' },
  { name: 'BLS12_G2MSM', address: addressOf(0x0e), since: 'prague' },
  { name: 'BLS12_PAIRING_CHECK', address: addressOf(0x0f), since: 'prague' },
  { name: 'BLS12_MAP_FP_TO_G1', address: addressOf(0x10), since: 'prague' },
  { name: 'BLS12_MAP_FP2_TO_G2', address: addressOf(0x11), since: 'prague' },
  { name: 'P256VERIFY', address: addressOf(0x100), since: 'osaka' },
];

const BY_ADDRESS: ReadonlyMap<Hex, ForkName> = new Map(
  PRECOMPILES.map(({ address, since }) => [address, since]),
);

/** Tells for an address whether it is a precompiled contract in `fork`. */
export function isPrecompileOf(fork: ForkName): (address: Hex) => boolean {
  return (address) => {
    const since = BY_ADDRESS.get(address);
    return since !== undefined && isAtLeast(fork, since);
  };
}

function addressOf(number: number): Hex {
  return `0x${number.toString(16).padStart(40, '0')}`;
}
