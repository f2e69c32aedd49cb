import { bytesToBigint } from '@ninefold/base';
import { secp256k1 } from '@ninefold/crypto';
import { SECP256K1_RECOVER } from '../../spec/costs.ts';
import { BYTE, consume, readBytes, type Syscall, translateSlice, writeAt } from '../call.ts';

const INVALID_RECOVERY_ID = 2n;
const INVALID_SIGNATURE = 3n;

export const secp256k1Recover: Syscall = (call, hash, recoveryId, signature, out) => {
  consume(call, SECP256K1_RECOVER);
  const target = translateSlice(call, out, 64n, BYTE, true);
  const message = readBytes(call, hash, 32n);
  const bytes = readBytes(call, signature, 64n);
  if (recoveryId > 3n) return INVALID_RECOVERY_ID;
  const r = bytesToBigint(bytes.subarray(0, 32));
  const s = bytesToBigint(bytes.subarray(32));
  const key = secp256k1.recover(message, r, s, Number(recoveryId));
  if (key === undefined) return INVALID_SIGNATURE;
  writeAt(call, target, key);
  return 0n;
};
