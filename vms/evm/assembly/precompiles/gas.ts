// What each precompile costs: functions of the input's length, and for MODEXP and BLAKE2F of its
// first bytes. Nothing is allocated and no length is trusted, so the price of absurd input is known
// before any work is done.
import {
  BLAKE2F_ROUND,
  BLS12_G1_ADD,
  BLS12_G1_MUL,
  BLS12_G2_ADD,
  BLS12_G2_MUL,
  BLS12_MAP_FP2_TO_G2,
  BLS12_MAP_FP_TO_G1,
  BLS12_PAIRING,
  BLS12_PAIRING_PAIR,
  BN254_ADD,
  BN254_MUL,
  BN254_PAIRING,
  BN254_PAIRING_PAIR,
  ECRECOVER,
  IDENTITY,
  IDENTITY_WORD,
  KZG_POINT_EVALUATION,
  P256_VERIFY,
  RIPEMD160,
  RIPEMD160_WORD,
  SHA256,
  SHA256_WORD,
} from '../schedule';
import { modexpGas } from './modexp-gas';
import {
  G1_MSM_DISCOUNTS,
  G2_MSM_DISCOUNTS,
  MSM_DISCOUNT_ENTRIES,
  MSM_DISCOUNT_MULTIPLIER,
} from './msm-discounts';
import {
  BLAKE2F,
  BLS12_G1ADD,
  BLS12_G1MSM,
  BLS12_G1MSM_PAIR_BYTES,
  BLS12_G2ADD,
  BLS12_G2MSM,
  BLS12_G2MSM_PAIR_BYTES,
  BLS12_MAP_FP,
  BLS12_MAP_FP2,
  BLS12_PAIRING_CHECK,
  BLS12_PAIRING_PAIR_BYTES,
  BN254_PAIRING_CHECK,
  BN254_PAIRING_PAIR_BYTES,
  BN254_ADDITION,
  BN254_MULTIPLICATION,
  EC_RECOVER,
  IDENTITY_COPY,
  KZG,
  MODEXP,
  P256,
  RIPEMD_160,
  SHA_256,
} from './numbers';

/**
 * Gas of one call; the largest u64 where the true price is above it. Input of a forbidden length may
 * be priced 0: running it fails, which takes all gas.
 */
export function precompileGas(schedule: usize, number: u32, input: usize, length: u32): u64 {
  const words = (<u64>length + 31) >> 5;
  switch (number) {
    case EC_RECOVER:
      return load<u64>(schedule, ECRECOVER);
    case SHA_256:
      return load<u64>(schedule, SHA256) + words * load<u64>(schedule, SHA256_WORD);
    case RIPEMD_160:
      return load<u64>(schedule, RIPEMD160) + words * load<u64>(schedule, RIPEMD160_WORD);
    case IDENTITY_COPY:
      return load<u64>(schedule, IDENTITY) + words * load<u64>(schedule, IDENTITY_WORD);
    case MODEXP:
      return modexpGas(schedule, input, length);
    case BN254_ADDITION:
      return load<u64>(schedule, BN254_ADD);
    case BN254_MULTIPLICATION:
      return load<u64>(schedule, BN254_MUL);
    case BN254_PAIRING_CHECK:
      return (
        load<u64>(schedule, BN254_PAIRING) +
        <u64>(length / BN254_PAIRING_PAIR_BYTES) * load<u64>(schedule, BN254_PAIRING_PAIR)
      );
    case BLAKE2F:
      return length < 4 ? 0 : <u64>bswap<u32>(load<u32>(input)) * load<u64>(schedule, BLAKE2F_ROUND);
    case KZG:
      return load<u64>(schedule, KZG_POINT_EVALUATION);
    case BLS12_G1ADD:
      return load<u64>(schedule, BLS12_G1_ADD);
    case BLS12_G1MSM:
      return msmGas(length / BLS12_G1MSM_PAIR_BYTES, load<u64>(schedule, BLS12_G1_MUL), G1_MSM_DISCOUNTS);
    case BLS12_G2ADD:
      return load<u64>(schedule, BLS12_G2_ADD);
    case BLS12_G2MSM:
      return msmGas(length / BLS12_G2MSM_PAIR_BYTES, load<u64>(schedule, BLS12_G2_MUL), G2_MSM_DISCOUNTS);
    case BLS12_PAIRING_CHECK:
      return (
        load<u64>(schedule, BLS12_PAIRING) +
        <u64>(length / BLS12_PAIRING_PAIR_BYTES) * load<u64>(schedule, BLS12_PAIRING_PAIR)
      );
    case BLS12_MAP_FP:
      return load<u64>(schedule, BLS12_MAP_FP_TO_G1);
    case BLS12_MAP_FP2:
      return load<u64>(schedule, BLS12_MAP_FP2_TO_G2);
    case P256:
      return load<u64>(schedule, P256_VERIFY);
    default:
      return u64.MAX_VALUE;
  }
}

/** EIP-2537: pairs x price of one x discount, rounded down. */
function msmGas(pairs: u32, pairGas: u64, discounts: usize): u64 {
  if (pairs == 0) return 0;
  const entry = min<u32>(pairs, MSM_DISCOUNT_ENTRIES) - 1;
  const discount = <u64>load<u16>(discounts + (<usize>entry << 1));
  return (<u64>pairs * pairGas * discount) / MSM_DISCOUNT_MULTIPLIER;
}
