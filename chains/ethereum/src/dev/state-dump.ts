import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, bytesToUtf8, concatBytes, defineErrors, toQuantity, utf8ToBytes } from '@ninefold/base';
import type { Validator } from '@ninefold/rpc';
import { object, optional, withDefault } from '@ninefold/rpc';
import type { AccountOverride, StateOverrides } from '../api/overrides.ts';
import { NO_ACCOUNT_OVERRIDE } from '../api/overrides.ts';
import { address, bytes, dictionary, looseUint, looseUint64, slot } from '../api/values.ts';
import type { EthereumNode } from '../node.ts';

const fail = defineErrors({
  ETH_INVALID_STATE_DUMP: (c: { readonly problem: string }) => `This is no dumped state: ${c.problem}`,
  ETH_STATE_DUMP_TOO_LARGE: (c: { readonly limit: number }) =>
    `The dumped state has more than ${c.limit} bytes unpacked`,
});

/** Bytes of JSON a dump may unpack to: a gzip of a few kilobytes can hold gigabytes of zeros. */
export const MAX_DUMP_BYTES = 268_435_456;

/** An account as anvil writes it. */
type DumpedAccount = {
  readonly nonce: number | Hex;
  readonly balance: Hex;
  readonly code: Hex;
  readonly storage: Readonly<Record<Hex, Hex>>;
};

/**
 * The head's state as anvil's `anvil_dumpState` gives it: hex of gzip of JSON. Blocks are not part
 * of it.
 */
export async function dumpState(node: EthereumNode): Promise<Hex> {
  const { header } = node.chain.head().block;
  const accounts: Record<Hex, DumpedAccount> = {};
  for (const { address, account, code, storage } of node.world('latest').dump()) {
    accounts[address] = {
      nonce: nonceOf(account.nonce),
      balance: toQuantity(account.balance),
      code: bytesToHex(code),
      storage: Object.fromEntries(storage),
    };
  }
  const dump = {
    block: {
      number: toQuantity(header.number),
      beneficiary: header.beneficiary,
      timestamp: toQuantity(header.timestamp),
      gas_limit: Number(header.gasLimit),
      basefee: Number(header.baseFeePerGas ?? 0n),
      prevrandao: header.mixHash,
    },
    accounts,
    best_block_number: Number(header.number),
  };
  return bytesToHex(
    await transform(utf8ToBytes(JSON.stringify(dump)), new CompressionStream('gzip'), Infinity),
  );
}

/** A number as anvil writes it, hex where a number would not be exact. */
function nonceOf(nonce: bigint): number | Hex {
  return nonce <= Number.MAX_SAFE_INTEGER ? Number(nonce) : toQuantity(nonce);
}

const dumpedAccount: Validator<AccountOverride> = (value) => {
  const { nonce, balance, code, storage } = dumpedAccountShape(value);
  return { ...NO_ACCOUNT_OVERRIDE, nonce, balance, code, state: storage };
};

const dumpedAccountShape = object(
  {
    nonce: looseUint64,
    balance: looseUint,
    code: bytes,
    storage: withDefault(dictionary(slot, slot), new Map<Hex, Hex>()),
  },
  { unknownKeys: 'ignore' },
);

const dumpShape = object(
  {
    accounts: dictionary(address, dumpedAccount),
    block: optional(object({ timestamp: optional(looseUint64) }, { unknownKeys: 'ignore' })),
  },
  { unknownKeys: 'ignore' },
);

/**
 * Puts the accounts of a dump into the head's state, over those that are there, and moves the clock
 * to the dump's time if that is later.
 *
 * @throws `ETH_INVALID_STATE_DUMP`, `ETH_STATE_DUMP_TOO_LARGE`
 */
export async function loadState(node: EthereumNode, dump: Bytes): Promise<void> {
  const text = bytesToUtf8(isGzip(dump) ? await unpack(dump) : dump);
  const { accounts, block } = readDump(text);
  node.amendAll(accounts satisfies StateOverrides);
  const timestamp = block?.timestamp;
  if (timestamp !== undefined && timestamp > node.miner.now()) node.miner.setNow(timestamp);
}

function readDump(text: string): ReturnType<typeof dumpShape> {
  try {
    return dumpShape(JSON.parse(text) as unknown);
  } catch (cause) {
    throw fail('ETH_INVALID_STATE_DUMP', { problem: (cause as Error).message }, { cause });
  }
}

function isGzip(bytes: Bytes): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unpack(dump: Bytes): Promise<Bytes> {
  try {
    return await transform(dump, new DecompressionStream('gzip'), MAX_DUMP_BYTES);
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code === 'ETH_STATE_DUMP_TOO_LARGE') throw cause;
    throw fail('ETH_INVALID_STATE_DUMP', { problem: 'the compression is broken' }, { cause });
  }
}

async function transform(
  input: Bytes,
  stream: CompressionStream | DecompressionStream,
  limit: number,
): Promise<Bytes> {
  const source = new Blob([input as BlobPart]).stream().pipeThrough(stream);
  const reader = source.getReader();
  const parts: Bytes[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(...parts);
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw fail('ETH_STATE_DUMP_TOO_LARGE', { limit });
    }
    parts.push(value);
  }
}
