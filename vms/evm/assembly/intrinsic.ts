// What a transaction costs before its first instruction.
import { base, T_ACCESS_COUNT, T_ACCESS_LIST, T_AUTHORIZATION_COUNT, T_DATA, T_DATA_LENGTH, T_FLAGS, TX, TX_CREATES } from './layout';
import { wordsOf } from './memory';
import {
  ACCESS_LIST_ADDRESS,
  ACCESS_LIST_KEY,
  AUTHORIZATION,
  FLOOR_NON_ZERO_BYTE,
  FLOOR_ZERO_BYTE,
  INITCODE_WORD,
  price,
  TX_BASE,
  TX_CREATE,
  TX_DATA_NON_ZERO_BYTE,
  TX_DATA_ZERO_BYTE,
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
  if (creates) intrinsicGas += price(TX_CREATE) + wordsOf(length) * price(INITCODE_WORD);
  const entries = load<u32>(tx, T_ACCESS_COUNT);
  intrinsicGas += <u64>entries * price(ACCESS_LIST_ADDRESS);
  let entry = <usize>load<u32>(tx, T_ACCESS_LIST);
  for (let i: u32 = 0; i < entries; i++) {
    const keys = load<u32>(entry, 20);
    intrinsicGas += <u64>keys * price(ACCESS_LIST_KEY);
    entry += ACCESS_ENTRY + (<usize>keys << 5);
  }
  intrinsicGas += <u64>load<u32>(tx, T_AUTHORIZATION_COUNT) * price(AUTHORIZATION);

  const floorPerByte = price(FLOOR_ZERO_BYTE);
  floorGas =
    floorPerByte == 0
      ? 0
      : price(TX_BASE) + zeros * floorPerByte + others * price(FLOOR_NON_ZERO_BYTE);
}

function countZeros(bytes: usize, length: u32): u32 {
  let zeros: u32 = 0;
  for (let i: usize = 0; i < <usize>length; i++) zeros += <u32>(load<u8>(bytes + i) == 0);
  return zeros;
}
