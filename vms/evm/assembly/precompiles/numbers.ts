// The precompiles by the number that is their address, the sizes of their inputs, and which exist.
import { EIP_7951, FEATURE_SET, LAST_PRECOMPILE } from '../schedule';

export const EC_RECOVER: u32 = 0x01;
export const SHA_256: u32 = 0x02;
export const RIPEMD_160: u32 = 0x03;
export const IDENTITY_COPY: u32 = 0x04;
export const MODEXP: u32 = 0x05;
export const BN254_ADDITION: u32 = 0x06;
export const BN254_MULTIPLICATION: u32 = 0x07;
export const BN254_PAIRING_CHECK: u32 = 0x08;
export const BLAKE2F: u32 = 0x09;
export const KZG: u32 = 0x0a;
export const BLS12_G1ADD: u32 = 0x0b;
export const BLS12_G1MSM: u32 = 0x0c;
export const BLS12_G2ADD: u32 = 0x0d;
export const BLS12_G2MSM: u32 = 0x0e;
export const BLS12_PAIRING_CHECK: u32 = 0x0f;
export const BLS12_MAP_FP: u32 = 0x10;
export const BLS12_MAP_FP2: u32 = 0x11;
export const P256: u32 = 0x100;

/** Two coordinates and a G2 point (EIP-197). */
export const BN254_PAIRING_PAIR_BYTES: u32 = 192;
/** Point and scalar (EIP-2537). */
export const BLS12_G1MSM_PAIR_BYTES: u32 = 160;
export const BLS12_G2MSM_PAIR_BYTES: u32 = 288;
export const BLS12_PAIRING_PAIR_BYTES: u32 = 384;

/** Whether the address that is `number` holds a precompile under this schedule. */
export function isPrecompile(schedule: usize, number: u64): bool {
  if (number == P256) return (load<u64>(schedule, FEATURE_SET) & EIP_7951) != 0;
  return number != 0 && number <= load<u64>(schedule, LAST_PRECOMPILE);
}
