import { syscallKey } from '../code/murmur3.ts';
import type { FeatureSet } from '../spec/features.ts';
import type { Syscall } from './call.ts';
import { createAddress, tryFindAddress } from './syscalls/address.ts';
import { bigModExp } from './syscalls/big-mod-exp.ts';
import { bn254Compression, bn254GroupOperation } from './syscalls/bn254.ts';
import { decompress, groupOperation, multiscalarMultiply, pairing, validatePoint } from './syscalls/curve.ts';
import { blake3Syscall, keccak256Syscall, sha256Syscall, sha512Syscall } from './syscalls/hash.ts';
import {
  getProcessedSibling,
  getReturnData,
  getStackHeight,
  remainingComputeUnits,
  setReturnData,
} from './syscalls/introspection.ts';
import { allocFree, memcmp, memcpy, memmove, memset } from './syscalls/memory.ts';
import { poseidonSyscall } from './syscalls/poseidon.ts';
import { secp256k1Recover } from './syscalls/secp256k1.ts';
import {
  getClock,
  getEpochRewards,
  getEpochSchedule,
  getEpochStake,
  getFees,
  getLastRestartSlot,
  getRent,
  getSysvarPart,
} from './syscalls/sysvar.ts';
import { abort, log, log64, logComputeUnits, logData, logPubkey, panic } from './syscalls/text.ts';

/** A row of the table of syscalls. */
export type SyscallSpec = {
  readonly name: string;
  readonly run: Syscall;
  /** Feature that has to be active for it to be there. */
  readonly needs?: string | undefined;
  /** Feature whose activation takes it away. */
  readonly until?: string | undefined;
  /** Feature whose activation keeps new programs from referring to it. */
  readonly notDeployedSince?: string | undefined;
};

/** Every syscall but program calls, which need the transaction's accounts. */
export const SYSCALLS: readonly SyscallSpec[] = [
  { name: 'abort', run: abort },
  { name: 'sol_panic_', run: panic },
  { name: 'sol_log_', run: log },
  { name: 'sol_log_64_', run: log64 },
  { name: 'sol_log_pubkey', run: logPubkey },
  { name: 'sol_log_compute_units_', run: logComputeUnits },
  { name: 'sol_log_data', run: logData },
  { name: 'sol_create_program_address', run: createAddress },
  { name: 'sol_try_find_program_address', run: tryFindAddress },
  { name: 'sol_sha256', run: sha256Syscall },
  { name: 'sol_keccak256', run: keccak256Syscall },
  { name: 'sol_blake3', run: blake3Syscall, needs: 'blake3_syscall_enabled' },
  { name: 'sol_sha512', run: sha512Syscall, needs: 'enable_sha512_syscall' },
  { name: 'sol_secp256k1_recover', run: secp256k1Recover },
  { name: 'sol_curve_validate_point', run: validatePoint, needs: 'curve25519_syscall_enabled' },
  { name: 'sol_curve_group_op', run: groupOperation, needs: 'curve25519_syscall_enabled' },
  { name: 'sol_curve_multiscalar_mul', run: multiscalarMultiply, needs: 'curve25519_syscall_enabled' },
  { name: 'sol_curve_decompress', run: decompress, needs: 'enable_bls12_381_syscall' },
  { name: 'sol_curve_pairing_map', run: pairing, needs: 'enable_bls12_381_syscall' },
  { name: 'sol_alt_bn128_group_op', run: bn254GroupOperation, needs: 'enable_alt_bn128_syscall' },
  {
    name: 'sol_alt_bn128_compression',
    run: bn254Compression,
    needs: 'enable_alt_bn128_compression_syscall',
  },
  { name: 'sol_poseidon', run: poseidonSyscall, needs: 'enable_poseidon_syscall' },
  { name: 'sol_big_mod_exp', run: bigModExp, needs: 'enable_big_mod_exp_syscall' },
  { name: 'sol_get_clock_sysvar', run: getClock },
  { name: 'sol_get_epoch_schedule_sysvar', run: getEpochSchedule },
  { name: 'sol_get_epoch_rewards_sysvar', run: getEpochRewards },
  { name: 'sol_get_rent_sysvar', run: getRent },
  { name: 'sol_get_last_restart_slot', run: getLastRestartSlot, needs: 'last_restart_slot_sysvar' },
  { name: 'sol_get_fees_sysvar', run: getFees, until: 'disable_fees_sysvar' },
  { name: 'sol_get_sysvar', run: getSysvarPart, needs: 'get_sysvar_syscall_enabled' },
  { name: 'sol_get_epoch_stake', run: getEpochStake, needs: 'enable_get_epoch_stake_syscall' },
  { name: 'sol_memcpy_', run: memcpy },
  { name: 'sol_memmove_', run: memmove },
  { name: 'sol_memcmp_', run: memcmp },
  { name: 'sol_memset_', run: memset },
  { name: 'sol_alloc_free_', run: allocFree, notDeployedSince: 'disable_deploy_of_alloc_free_syscall' },
  { name: 'sol_set_return_data', run: setReturnData },
  { name: 'sol_get_return_data', run: getReturnData },
  { name: 'sol_get_stack_height', run: getStackHeight },
  { name: 'sol_get_processed_sibling_instruction', run: getProcessedSibling },
  {
    name: 'sol_remaining_compute_units',
    run: remainingComputeUnits,
    needs: 'remaining_compute_units_syscall_enabled',
  },
];

/** The syscalls that there are under `features`, by the key that `call` names them by. */
export function syscallsOf(
  features: FeatureSet,
  options: { readonly deployment?: boolean | undefined } = {},
): ReadonlyMap<number, Syscall> {
  const there = SYSCALLS.filter(
    ({ needs, until, notDeployedSince }) =>
      (needs === undefined || features.has(needs)) &&
      (until === undefined || !features.has(until)) &&
      !(options.deployment === true && notDeployedSince !== undefined && features.has(notDeployedSince)),
  );
  return new Map(there.map(({ name, run }) => [syscallKey(name), run]));
}
