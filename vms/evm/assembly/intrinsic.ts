// What a transaction costs before its first instruction.
import { isZero } from '../../../packages/kernels/assembly/u256/compare';
import {
  base, T_ACCESS_COUNT, T_ACCESS_LIST, T_AUTHORIZATION_COUNT, T_DATA, T_DATA_LENGTH, T_FLAGS, T_FROM,
  T_TO, T_VALUE, TX, TX_CREATES,
} from './layout';
import { sameAddress } from './accounts';
import { wordsOf } from './memory';
import {
  ACCESS_LIST_ADDRESS, ACCESS_LIST_BYTE, ACCESS_LIST_KEY, AUTHORIZATION, EIP_2780, FLOOR_NON_ZERO_BYTE,
  FLOOR_ZERO_BYTE, hasFeature, INITCODE_WORD, price, TX_BASE, TX_CREATE, TX_DATA_NON_ZERO_BYTE,
  TX_DATA_ZERO_BYTE, TX_RECIPIENT, TX_VALUE,
} from './rules';

/** Bytes of an access list entry before its keys: address and key count. */
export const ACCESS_ENTRY: usize = 24;

/** Gas charged before execution. */
export let intrinsicGas: u64 = 0;
/** Least gas the transaction uses (EIP-7623); 0 before Prague. */
export let floorGas: u64 = 0;

/** Sets {@link intrinsicGas} and {@link floorGas} of the transaction in the record. */
export function priceTransaction(): void {
  const tx = base + TX;
  const length = load<u32>(tx, T_DATA_LENGTH);
  const zeros = <u64>countZeros(load<u32>(tx, T_DATA), length);
  const others = <u64>length - zeros;
  const creates = (load<u32>(tx, T_FLAGS) & TX_CREATES) != 0;

  intrinsicGas = price(TX_BASE) + zeros * price(TX_DATA_ZERO_BYTE) + others * price(TX_DATA_NON_ZERO_BYTE);
  // EIP-2780: what a transaction touches; zero before, but for creations.
  const touched = creates ? price(TX_CREATE) : touchCost();
  intrinsicGas += touched;
  if (creates) intrinsicGas += wordsOf(length) * price(INITCODE_WORD);
  let listBytes: u64 = 0;
  const entries = load<u32>(tx, T_ACCESS_COUNT);
  intrinsicGas += <u64>entries * price(ACCESS_LIST_ADDRESS);
  let entry = <usize>load<u32>(tx, T_ACCESS_LIST);
  for (let i: u32 = 0; i < entries; i++) {
    const keys = load<u32>(entry, 20);
    intrinsicGas += <u64>keys * price(ACCESS_LIST_KEY);
    listBytes += 20 + (<u64>keys << 5);
    entry += ACCESS_ENTRY + (<usize>keys << 5);
  }
  const listCost = listBytes * price(ACCESS_LIST_BYTE);
  intrinsicGas += listCost + <u64>load<u32>(tx, T_AUTHORIZATION_COUNT) * price(AUTHORIZATION);

  const floorPerByte = price(FLOOR_ZERO_BYTE);
  floorGas =
    floorPerByte == 0
      ? 0
      : price(TX_BASE) +
        (hasFeature(EIP_2780) ? touched : 0) +
        zeros * floorPerByte +
        others * price(FLOOR_NON_ZERO_BYTE) +
        listCost;
}

/** The recipient's access and the value's two writes, where they are not the sender's own. */
function touchCost(): u64 {
  const tx = base + TX;
  if (sameAddress(tx + T_FROM, tx + T_TO)) return 0;
  return price(TX_RECIPIENT) + (isZero(tx + T_VALUE) ? 0 : price(TX_VALUE));
}

function countZeros(bytes: usize, length: u32): u32 {
  let zeros: u32 = 0;
  for (let i: usize = 0; i < <usize>length; i++) zeros += <u32>(load<u8>(bytes + i) == 0);
  return zeros;
}
