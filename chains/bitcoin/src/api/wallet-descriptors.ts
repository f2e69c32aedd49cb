import type { Wallet } from '../wallet/wallet.ts';
import type { Api } from './api.ts';
import { invalidParameter, RPC_WALLET_ERROR, rpcFailure, typeError } from './errors.ts';
import type { Json } from './format.ts';
import { type CallContext, jsonType, may, methodsOf, need, type RpcMethods } from './method.ts';
import { parseObject } from './parse.ts';
import { readDescriptor, readRange } from './scan.ts';

/** Clocks may differ by so many seconds: blocks a little older than a key are looked at as well. */
const TIMESTAMP_WINDOW = 7200;

/** Methods about the descriptors of a wallet, and about looking for what they own. */
export function walletDescriptorMethods(api: Api): RpcMethods {
  const { chain } = api.node;
  const own = ({ wallet }: CallContext): Wallet => api.wallets.of(wallet);

  return methodsOf('Wallet', {
    listdescriptors: [
      'Lists the descriptors of a wallet.',
      [may('private', 'bool')],
      (args, context) => {
        const wallet = own(context);
        const withPrivate = args.bool('private', false);
        if (withPrivate && !wallet.privateKeysEnabled) {
          throw rpcFailure(RPC_WALLET_ERROR, "Can't get private descriptor string for watch-only wallets");
        }
        return {
          wallet_name: wallet.name,
          descriptors: wallet.descriptors
            .map(({ descriptor, active, internal, next, end, timestamp }) => ({
              desc: descriptor.toText(withPrivate ? 'private' : 'normalized'),
              timestamp,
              active,
              internal: active ? internal : undefined,
              range: descriptor.isRange ? [0, end - 1] : undefined,
              next: descriptor.isRange ? next : undefined,
              next_index: descriptor.isRange ? next : undefined,
            }))
            .sort((a, b) => (a.desc < b.desc ? -1 : 1)),
        };
      },
    ],
    importdescriptors: [
      'Adds descriptors to a wallet, and looks for what they own.',
      [need('requests', 'array')],
      (args, context) => {
        const wallet = own(context);
        const requests = args.array('requests').map(parseObject);
        // A time that cannot be read spoils all of them, whatever else is right.
        const times = requests.map(({ timestamp }) => readTimestamp(timestamp, chain.tip.medianTime));
        const results = requests.map((one, i) => importDescriptor(api, wallet, one, times[i] as number));
        if (results.some(({ success }) => success === true)) {
          wallet.rescan(firstHeight(api, Math.min(...times) - TIMESTAMP_WINDOW));
        }
        return results;
      },
    ],
    rescanblockchain: [
      'Looks for the transactions of a wallet again.',
      [may('start_height', 'number'), may('stop_height', 'number')],
      (args, context) => {
        const start = args.integer('start_height', 0);
        const stop = args.integer('stop_height', chain.tip.height);
        if (start < 0 || start > chain.tip.height) throw invalidParameter('Invalid start_height');
        if (stop < 0 || stop > chain.tip.height) throw invalidParameter('Invalid stop_height');
        if (stop < start) throw invalidParameter('stop_height must be greater than start_height');
        own(context).rescan(start, stop);
        return { start_height: start, stop_height: stop };
      },
    ],
  });
}

/** Seconds since 1970 from which on a descriptor may have been paid to. */
function readTimestamp(value: unknown, now: number): number {
  if (value === undefined) throw typeError('Missing required timestamp field for key');
  if (value === 'now') return now;
  if (typeof value !== 'number') {
    throw typeError(`Expected number or "now" timestamp value for key. got type ${jsonType(value)}`);
  }
  return Math.max(1, value);
}

/** Height of the first block that is as late; beyond the tip where none is. */
function firstHeight({ node: { chain } }: Api, time: number): number {
  let height = 0;
  while (height <= chain.tip.height && (chain.at(height)?.block.header.time ?? 0) < time) height++;
  return height;
}

function importDescriptor(api: Api, wallet: Wallet, request: Json, timestamp: number): Json {
  try {
    const { desc, range, active = false, internal = false, label, next_index: next } = request;
    if (typeof desc !== 'string') throw invalidParameter('Descriptor not found.');
    const descriptor = readDescriptor(desc, api, true);
    const { isRange, hasPrivate } = descriptor;
    if (descriptor.keys.some((key) => key.needsPrivate && !key.hasPrivate)) {
      throw rpcFailure(
        RPC_WALLET_ERROR,
        'Cannot expand descriptor. Probably because of hardened derivations without private keys provided',
      );
    }
    if (range !== undefined && !isRange) {
      throw invalidParameter('Range should not be specified for an un-ranged descriptor');
    }
    const [begin, end] = range === undefined ? [0, 0] : readRange(range);
    if (
      next !== undefined &&
      isRange &&
      (typeof next !== 'number' || next < begin || (range !== undefined && next > end))
    ) {
      throw invalidParameter('next_index is out of range');
    }
    if (active === true && !isRange) throw invalidParameter('Active descriptors must be ranged');
    if (isRange && label !== undefined) throw invalidParameter('Ranged descriptors should not have a label');
    if (internal === true && label !== undefined)
      throw invalidParameter('Internal addresses should not have a label');
    if (active === true && descriptor.node.kind === 'combo') {
      throw rpcFailure(RPC_WALLET_ERROR, 'Combo descriptors cannot be set to active');
    }
    if (hasPrivate && !wallet.privateKeysEnabled) {
      throw rpcFailure(RPC_WALLET_ERROR, 'Cannot import private keys to a wallet with private keys disabled');
    }
    if (!hasPrivate && wallet.privateKeysEnabled) {
      throw rpcFailure(
        RPC_WALLET_ERROR,
        'Cannot import descriptor without private keys to a wallet with private keys enabled',
      );
    }
    wallet.addDescriptor({
      descriptor,
      active: active === true,
      internal: internal === true,
      next: typeof next === 'number' ? next : begin,
      end: range === undefined ? 0 : end + 1,
      timestamp,
      label: isRange || internal === true ? undefined : typeof label === 'string' ? label : '',
    });
    const warnings =
      isRange && range === undefined ? ['Range not given, using default keypool range'] : undefined;
    return { success: true, warnings };
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    if (typeof code !== 'number') throw error;
    return { success: false, error: { code, message } };
  }
}
