import type { Hex } from '@ninefold/base';
import { bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import type { ChainConfig } from './chain-config.ts';

/** EIP-2124: `hash` is the checksum of genesis and the forks passed, `next` the next fork or 0. */
export type ForkId = { readonly hash: Hex; readonly next: bigint };

/**
 * The fork identifier of a chain whose head is at `number` and `timestamp`.
 *
 * @example forkId(MAINNET_CONFIG, genesisHash, 0n, 0n) // { hash: '0xfc64ec04', next: 1150000n }
 */
export function forkId(
  config: ChainConfig,
  genesis: { readonly hash: Hex; readonly timestamp: bigint },
  number: bigint,
  timestamp: bigint,
): ForkId {
  const blocks = new Set<bigint>(config.netsplitBlocks);
  const times = new Set<bigint>();
  if (config.daoForkBlock !== undefined) blocks.add(config.daoForkBlock);
  for (const { by, at } of config.forks) {
    if (by === 'block') blocks.add(at);
    if (by === 'time' && at > genesis.timestamp) times.add(at);
  }
  blocks.delete(0n);
  let bytes = hexToBytes(genesis.hash);
  for (const at of ascending(blocks)) {
    if (number < at) return { hash: checksum(bytes), next: at };
    bytes = concatBytes(bytes, u64Bytes(at));
  }
  for (const at of ascending(times)) {
    if (timestamp < at) return { hash: checksum(bytes), next: at };
    bytes = concatBytes(bytes, u64Bytes(at));
  }
  return { hash: checksum(bytes), next: 0n };
}

function ascending(values: ReadonlySet<bigint>): readonly bigint[] {
  return Array.from(values).sort((a, b) => (a < b ? -1 : 1));
}

function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

/** CRC-32 with the IEEE polynomial, bit by bit: a few dozen bytes now and then. */
function checksum(bytes: Uint8Array): Hex {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, ~crc >>> 0);
  return bytesToHex(out);
}
