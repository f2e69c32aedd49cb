import { type Bytes, hexToBytes, isNinefoldError } from '@ninefold/base';
import {
  encodeTransaction,
  hashToHex,
  isCoinbase,
  type Transaction,
  wtxidOf,
} from '@ninefold/vm-bitcoin-script';
import { withChecksum } from '../descriptor/checksum.ts';
import { formatPath } from '../descriptor/keys.ts';
import { specialise } from '../descriptor/specialise.ts';
import { signPsbt } from '../psbt/roles.ts';
import { scriptToAddress } from '../tx/address.ts';
import { signMessage } from '../tx/message.ts';
import { classifyScript } from '../tx/script-type.ts';
import {
  ADDRESS_TYPES,
  type AddressType,
  GAP_LIMIT,
  type Wallet,
  type WalletTransaction,
} from '../wallet/wallet.ts';
import type { Api } from './api.ts';
import {
  invalidParameter,
  notFound,
  RPC_WALLET_ERROR,
  RPC_WALLET_INVALID_LABEL_NAME,
  rpcFailure,
  typeError,
} from './errors.ts';
import { describeAddress, formatTransaction, hex, type Json } from './format.ts';
import { amount } from './json.ts';
import { type Arguments, type CallContext, may, methodsOf, need, type RpcMethods } from './method.ts';
import { readAddress } from './outputs.ts';
import { parseHash, parseTransaction, parseObject } from './parse.ts';
import { processed, readPsbt, updatePsbt } from './psbt.ts';
import { readHashType, signRaw } from './raw-transactions.ts';
import { readDescriptor, readRange } from './scan.ts';

const DEFAULT_TYPE: AddressType = 'bech32';
/** Deriving more at once would keep a client waiting too long. */
const MAX_KEYPOOL = 10_000;

/** Methods of wallets: what they are, hold and have done. Sending has its own. */
export function walletMethods(api: Api): RpcMethods {
  const { node, format, wallets } = api;
  const own = ({ wallet }: CallContext): Wallet => wallets.of(wallet);
  const address = (script: Bytes): string => scriptToAddress(script, format) ?? '';

  return methodsOf('Wallet', {
    createwallet: [
      'Makes a wallet of descriptors, with keys of its own.',
      [
        need('wallet_name', 'string'),
        may('disable_private_keys', 'bool'),
        may('blank', 'bool'),
        may('passphrase', 'string'),
        may('avoid_reuse', 'bool'),
        may('descriptors', 'bool'),
        may('load_on_startup', 'bool'),
        may('external_signer', 'bool'),
      ],
      (args) => {
        if (!args.bool('descriptors', true)) {
          throw rpcFailure(
            RPC_WALLET_ERROR,
            'descriptors argument must be set to "true"; it is no longer possible to create a legacy wallet.',
          );
        }
        if ((args.maybeString('passphrase') ?? '') !== '') {
          throw rpcFailure(
            RPC_WALLET_ERROR,
            'Encrypted wallets are not supported: leave the passphrase away.',
          );
        }
        const privateKeys = !args.bool('disable_private_keys', false);
        const wallet = wallets.create(args.string('wallet_name'), {
          privateKeys,
          blank: args.bool('blank', false),
        });
        return { name: wallet.name };
      },
    ],
    loadwallet: [
      'Loads a wallet that was put away.',
      [need('filename', 'string'), may('load_on_startup', 'bool')],
      (args) => ({ name: wallets.load(args.string('filename')).name }),
    ],
    unloadwallet: [
      'Puts a wallet away.',
      [may('wallet_name', 'string'), may('load_on_startup', 'bool')],
      (args, context) => {
        wallets.unload(args.maybeString('wallet_name') ?? own(context).name);
        return {};
      },
    ],
    listwallets: ['Lists the wallets that are loaded.', [], () => wallets.names()],
    listwalletdir: [
      'Lists all wallets.',
      [],
      () => ({ wallets: wallets.allNames().map((name) => ({ name })) }),
    ],
    getwalletinfo: [
      'Returns the state of a wallet.',
      [],
      (_, context) => {
        const wallet = own(context);
        const { trusted, pending, immature } = wallet.balances();
        const size = (internal: boolean): number =>
          wallet.descriptors
            .filter((one) => one.active && one.internal === internal)
            .reduce((sum, { end, next }) => sum + end - next, 0);
        return {
          walletname: wallet.name,
          walletversion: 169_900,
          format: 'memory',
          balance: amount(trusted),
          unconfirmed_balance: amount(pending),
          immature_balance: amount(immature),
          txcount: wallet.transactions().length,
          keypoolsize: size(false),
          keypoolsize_hd_internal: size(true),
          paytxfee: amount(0n),
          private_keys_enabled: wallet.privateKeysEnabled,
          avoid_reuse: false,
          scanning: false,
          descriptors: true,
          external_signer: false,
          blank: wallet.descriptors.length === 0,
          lastprocessedblock: { hash: node.chain.tip.hash, height: node.chain.tip.height },
        };
      },
    ],
    getnewaddress: [
      'Returns an address nobody was given yet.',
      [may('label', 'string'), may('address_type', 'string')],
      (args, context) => {
        const wallet = own(context);
        const script = freshScript(wallet, typeOf(args.maybeString('address_type')), false);
        wallet.setLabel(script, args.maybeString('label') ?? '');
        return address(script);
      },
    ],
    getrawchangeaddress: [
      'Returns an address for change.',
      [may('address_type', 'string')],
      (args, context) => address(freshScript(own(context), typeOf(args.maybeString('address_type')), true)),
    ],
    getaddressinfo: [
      'Returns what a wallet knows of an address.',
      [need('address', 'string')],
      (args, context) => addressInfo(api, own(context), args.string('address')),
    ],
    setlabel: [
      'Names an address.',
      [need('address', 'string'), need('label', 'string')],
      (args, context) => {
        own(context).setLabel(readAddress(args.string('address'), format), args.string('label'));
        return null;
      },
    ],
    listlabels: [
      'Lists the names of addresses.',
      [may('purpose', 'string')],
      (_, context) =>
        [
          ...new Set(
            own(context)
              .labelled()
              .map(({ label }) => label),
          ),
        ].sort(),
    ],
    getaddressesbylabel: [
      'Lists the addresses of a name.',
      [need('label', 'string')],
      (args, context) => {
        const label = args.string('label');
        const found = own(context)
          .labelled()
          .filter((one) => one.label === label);
        if (found.length === 0)
          throw rpcFailure(RPC_WALLET_INVALID_LABEL_NAME, `No addresses with label ${label}`);
        return Object.fromEntries(
          found.map(({ script }) => [address(hexToBytes(script)), { purpose: 'receive' }]),
        );
      },
    ],
    getbalance: [
      'Returns what can be spent.',
      [
        may('dummy', 'string'),
        may('minconf', 'number'),
        may('include_watchonly', 'bool'),
        may('avoid_reuse', 'bool'),
      ],
      (args, context) => {
        const least = args.integer('minconf', 0);
        const coins = own(context)
          .coins()
          .filter((coin) => coin.trusted && coin.mature && coin.confirmations >= least);
        return amount(coins.reduce((sum, { output }) => sum + output.value, 0n));
      },
    ],
    getbalances: [
      'Returns what can be spent, what may become so, and what is not ripe.',
      [],
      (_, context) => {
        const { trusted, pending, immature } = own(context).balances();
        return {
          mine: { trusted: amount(trusted), untrusted_pending: amount(pending), immature: amount(immature) },
          lastprocessedblock: { hash: node.chain.tip.hash, height: node.chain.tip.height },
        };
      },
    ],
    getunconfirmedbalance: [
      'Returns what others have sent and no block holds.',
      [],
      (_, context) => amount(own(context).balances().pending),
    ],
    listunspent: [
      'Lists the outputs that can be spent.',
      [
        may('minconf', 'number'),
        may('maxconf', 'number'),
        may('addresses', 'array'),
        may('include_unsafe', 'bool'),
        may('query_options', 'object'),
      ],
      (args, context) => listUnspent(api, own(context), args),
    ],
    lockunspent: [
      'Keeps outputs from being chosen, or lets them.',
      [need('unlock', 'bool'), may('transactions', 'array'), may('persistent', 'bool')],
      (args, context) => {
        const { locked } = own(context);
        const unlock = args.bool('unlock', false);
        const names = (args.maybeArray('transactions') ?? []).map((one) => {
          const { txid, vout } = parseObject(one);
          return `${parseHash(txid, 'txid')}:${Number(vout)}`;
        });
        if (args.maybeArray('transactions') === undefined && unlock) locked.clear();
        for (const name of names) {
          if (unlock && !locked.has(name))
            throw invalidParameter('Invalid parameter, expected locked output');
          if (!unlock && locked.has(name)) throw invalidParameter('Invalid parameter, output already locked');
          if (unlock) locked.delete(name);
          else locked.add(name);
        }
        return true;
      },
    ],
    listlockunspent: [
      'Lists the outputs that are kept from being chosen.',
      [],
      (_, context) =>
        [...own(context).locked].map((name) => {
          const [txid, vout] = name.split(':');
          return { txid, vout: Number(vout) };
        }),
    ],
    gettransaction: [
      'Returns a transaction of the wallet.',
      [need('txid', 'string'), may('include_watchonly', 'bool'), may('verbose', 'bool')],
      (args, context) => {
        const wallet = own(context);
        const found = wallet.transaction(parseHash(args.any('txid'), 'txid'));
        if (found === undefined) throw notFound('Invalid or non-wallet transaction id');
        return {
          ...formatWalletTransaction(api, wallet, found),
          details: detailsOf(api, wallet, found),
          hex: hex(encodeTransaction(found.tx)),
          decoded: args.bool('verbose', false)
            ? formatTransaction(found.tx, format, { hex: false })
            : undefined,
          lastprocessedblock: { hash: node.chain.tip.hash, height: node.chain.tip.height },
        };
      },
    ],
    listtransactions: [
      'Lists what the wallet has sent and received, the latest last.',
      [
        may('label', 'string'),
        may('count', 'number'),
        may('skip', 'number'),
        may('include_watchonly', 'bool'),
      ],
      (args, context) => {
        const wallet = own(context);
        const count = args.integer('count', 10);
        const skip = args.integer('skip', 0);
        if (count < 0) throw invalidParameter('Negative count');
        if (skip < 0) throw invalidParameter('Negative from');
        const label = args.maybeString('label') ?? '*';
        const all = wallet.transactions().flatMap((one) => listed(api, wallet, one));
        const chosen = label === '*' ? all : all.filter((one) => one['label'] === label);
        return chosen.slice(Math.max(0, chosen.length - skip - count), chosen.length - skip);
      },
    ],
    listsinceblock: [
      'Lists what has happened since a block.',
      [
        may('blockhash', 'string'),
        may('target_confirmations', 'number'),
        may('include_watchonly', 'bool'),
        may('include_removed', 'bool'),
        may('include_change', 'bool'),
      ],
      (args, context) => {
        const wallet = own(context);
        const since =
          args.any('blockhash') === undefined
            ? undefined
            : node.chain.entry(parseHash(args.any('blockhash'), 'blockhash'));
        if (args.any('blockhash') !== undefined && since === undefined) throw notFound('Block not found');
        const height = since?.height ?? -1;
        const transactions = wallet
          .transactions()
          .filter(({ block }) => block === undefined || block.height > height)
          .flatMap((one) => listed(api, wallet, one));
        const target = args.integer('target_confirmations', 1);
        const last = node.chain.at(Math.max(0, node.chain.tip.height + 1 - target));
        return { transactions, removed: [], lastblock: last?.hash };
      },
    ],
    getreceivedbyaddress: [
      'Returns how much an address has received.',
      [need('address', 'string'), may('minconf', 'number'), may('include_immature_coinbase', 'bool')],
      (args, context) => {
        const wallet = own(context);
        const script = hex(readAddress(args.string('address'), format));
        const least = args.integer('minconf', 1);
        let sum = 0n;
        for (const one of wallet.transactions()) {
          if (wallet.depthOf(one) < least || isCoinbase(one.tx)) continue;
          for (const { value, scriptPubKey } of one.tx.outputs)
            if (hex(scriptPubKey) === script) sum += value;
        }
        return amount(sum);
      },
    ],
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
          descriptors: wallet.descriptors.map(({ descriptor, active, internal, next, end, timestamp }) => ({
            desc: descriptor.toText(withPrivate),
            timestamp,
            active,
            internal: active ? internal : undefined,
            range: descriptor.isRange ? [0, end - 1] : undefined,
            next: descriptor.isRange ? next : undefined,
            next_index: descriptor.isRange ? next : undefined,
          })),
        };
      },
    ],
    importdescriptors: [
      'Adds descriptors to a wallet, and looks for what they own.',
      [need('requests', 'array')],
      (args, context) => {
        const wallet = own(context);
        const results = args.array('requests').map((one) => importDescriptor(api, wallet, parseObject(one)));
        wallet.rescan();
        return results;
      },
    ],
    rescanblockchain: [
      'Looks for the transactions of a wallet again.',
      [may('start_height', 'number'), may('stop_height', 'number')],
      (args, context) => {
        const start = args.integer('start_height', 0);
        own(context).rescan(start);
        return { start_height: start, stop_height: node.chain.tip.height };
      },
    ],
    signmessage: [
      'Signs a message with the key of an address.',
      [need('address', 'string'), need('message', 'string')],
      (args, context) => {
        const { type, parts } = classifyScript(readAddress(args.string('address'), format));
        if (type !== 'pubkeyhash') throw typeError('Address does not refer to key');
        const key = own(context).ring.keyByHash(parts[0] as Bytes);
        if (key?.privateKey === undefined) throw rpcFailure(RPC_WALLET_ERROR, 'Private key not available');
        return signMessage(args.string('message'), key.privateKey, key.publicKey.length === 33);
      },
    ],
    signrawtransactionwithwallet: [
      'Signs a transaction with the keys of a wallet.',
      [need('hexstring', 'string'), may('prevtxs', 'array'), may('sighashtype', 'string')],
      (args, context) => {
        const tx = parseTransaction(args.string('hexstring'), {
          fault: 'TX decode failed. Make sure the tx has at least one input.',
        });
        const { ring } = own(context);
        return signRaw(
          api,
          tx,
          ring,
          args.maybeArray('prevtxs') ?? [],
          readHashType(args.maybeString('sighashtype')),
        );
      },
    ],
    walletprocesspsbt: [
      'Updates a PSBT by what a wallet knows, and signs.',
      [
        need('psbt', 'string'),
        may('sign', 'bool'),
        may('sighashtype', 'string'),
        may('bip32derivs', 'bool'),
        may('finalize', 'bool'),
      ],
      (args, context) => {
        const { ring } = own(context);
        const hashType = readHashType(args.maybeString('sighashtype'));
        const updated = updatePsbt(api, readPsbt(args.string('psbt')), ring);
        const signed = args.bool('sign', true) ? signPsbt(updated, ring, { hashType }) : updated;
        return processed(signed, ring.withoutSecrets(), args.bool('finalize', true));
      },
    ],
    keypoolrefill: [
      'Watches so many addresses beyond those in use.',
      [may('newsize', 'number')],
      (args, context) => {
        const size = args.integer('newsize', GAP_LIMIT);
        if (size < 0 || size > MAX_KEYPOOL) throw invalidParameter('Invalid parameter, expected valid size.');
        own(context).refill(size);
        return null;
      },
    ],
    abandontransaction: [
      'Refuses: what is in neither a block nor the mempool counts for nothing already.',
      [need('txid', 'string')],
      (args, context) => {
        const found = own(context).transaction(parseHash(args.any('txid'), 'txid'));
        if (found === undefined) throw notFound('Invalid or non-wallet transaction id');
        if (own(context).depthOf(found) >= 0) throw notFound('Transaction not eligible for abandonment');
        return null;
      },
    ],
  });
}

/** A form of addresses by its name. */
export function typeOf(text: string | undefined): AddressType {
  if (text === undefined) return DEFAULT_TYPE;
  const type = ADDRESS_TYPES.find((one) => one === text);
  if (type === undefined) throw notFound(`Unknown address type '${text}'`);
  return type;
}

/** The script of an address nobody was given. */
export function freshScript(wallet: Wallet, type: AddressType, internal: boolean): Bytes {
  try {
    return wallet.nextScript(internal ? wallet.changeType(type) : type, internal);
  } catch (error) {
    if (isNinefoldError(error, 'WALLET_NO_DESCRIPTOR')) {
      throw rpcFailure(RPC_WALLET_ERROR, `Error: ${error.message}`);
    }
    throw error;
  }
}

function addressInfo({ format }: Api, wallet: Wallet, text: string): Json {
  const script = readAddress(text, format);
  const own = wallet.ownScript(script);
  const { node } = own?.source.descriptor ?? { node: undefined };
  const [output] = own?.source.descriptor.outputs(own.index) ?? [];
  const key = own?.source.descriptor.keys[0]?.derive(own.index);
  const single = node !== undefined && ['pkh', 'wpkh', 'combo', 'sh'].includes(node.kind) ? key : undefined;
  const isMine = own !== undefined;
  return {
    address: text,
    scriptPubKey: hex(script),
    ismine: isMine,
    solvable: isMine && own.source.descriptor.isSolvable,
    desc: own && withChecksum(specialise(own.source.descriptor, own.index, 0, format)),
    parent_desc: own?.source.descriptor.toText(),
    iswatchonly: false,
    ...describeAddress(script),
    hex: output?.redeemScript && hex(output.redeemScript),
    pubkey: single && hex(single.publicKey),
    iscompressed: single && single.publicKey.length === 33,
    ischange: isMine && own.source.internal && wallet.labelOf(script) === undefined,
    timestamp: own?.source.timestamp,
    hdkeypath: key && `m${formatPath(key.origin.path)}`,
    hdmasterfingerprint: key && hex(key.origin.fingerprint),
    labels: wallet.labelOf(script) === undefined ? [] : [wallet.labelOf(script)],
  };
}

function listUnspent({ format, node }: Api, wallet: Wallet, args: Arguments): readonly Json[] {
  const least = args.integer('minconf', 1);
  const most = args.integer('maxconf', 9_999_999);
  const includeUnsafe = args.bool('include_unsafe', true);
  const wanted = args.maybeArray('addresses')?.map((one) => hex(readAddress(String(one), format)));
  return wallet
    .coins()
    .filter(({ id, vout, confirmations, trusted, mature, output }) => {
      if (!mature || confirmations < least || confirmations > most) return false;
      if (!trusted && !includeUnsafe) return false;
      if (wallet.locked.has(`${id}:${vout}`)) return false;
      return wanted === undefined || wanted.includes(hex(output.scriptPubKey));
    })
    .map(({ id, vout, output, own, confirmations, trusted }) => {
      const { descriptor } = own.source;
      const [shown] = descriptor.outputs(own.index);
      const label = wallet.labelOf(output.scriptPubKey);
      const entry = node.pool.get(id);
      return {
        txid: id,
        vout,
        address: scriptToAddress(output.scriptPubKey, format),
        label,
        scriptPubKey: hex(output.scriptPubKey),
        amount: amount(output.value),
        confirmations,
        ancestorcount: entry && 1 + entry.parents.size,
        spendable: wallet.privateKeysEnabled,
        solvable: descriptor.isSolvable,
        redeemScript: shown?.redeemScript && hex(shown.redeemScript),
        witnessScript: shown?.witnessScript && hex(shown.witnessScript),
        desc: withChecksum(specialise(descriptor, own.index, 0, format)),
        parent_descs: [descriptor.toText()],
        safe: trusted,
      };
    });
}

/** What a transaction has brought or taken, in satoshi, and what it paid where the wallet made it. */
function effectOf(
  wallet: Wallet,
  tx: Transaction,
): { readonly net: bigint; readonly fee: bigint | undefined } {
  const debit = tx.inputs.reduce((sum, _, i) => sum + (wallet.spentBy(tx, i)?.value ?? 0n), 0n);
  const credit = tx.outputs.reduce(
    (sum, { value, scriptPubKey }) => (wallet.ownScript(scriptPubKey) === undefined ? sum : sum + value),
    0n,
  );
  const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  const isOurs = wallet.isFromMe({ tx });
  const fee = isOurs ? debit - paid : undefined;
  return { net: credit - debit + (fee ?? 0n), fee };
}

function placeOf(api: Api, wallet: Wallet, one: WalletTransaction): Json {
  const { block, tx, id, time } = one;
  const confirmations = wallet.depthOf(one);
  const index = block?.block.transactions.findIndex(
    (other) => other === tx || hashToHex(wtxidOf(other)) === hashToHex(wtxidOf(tx)),
  );
  const replaceable =
    confirmations === 0 && tx.inputs.some(({ sequence }) => sequence < 0xfffffffe) ? 'yes' : 'no';
  const conflicts = wallet
    .transactions()
    .filter(
      (other) =>
        other.id !== id &&
        other.tx.inputs.some(({ prevout }) =>
          tx.inputs.some(
            (input) =>
              input.prevout.vout === prevout.vout &&
              hashToHex(input.prevout.txid) === hashToHex(prevout.txid),
          ),
        ),
    )
    .map((other) => other.id);
  return {
    confirmations,
    generated: isCoinbase(tx) ? true : undefined,
    trusted: confirmations === 0 ? wallet.isFromMe(one) : undefined,
    ...(block === undefined
      ? {}
      : {
          blockhash: block.hash,
          blockheight: block.height,
          blockindex: index,
          blocktime: block.block.header.time,
        }),
    txid: id,
    wtxid: hashToHex(wtxidOf(tx)),
    walletconflicts: conflicts,
    time,
    timereceived: time,
    'bip125-replaceable': replaceable,
  };
}

function formatWalletTransaction(api: Api, wallet: Wallet, one: WalletTransaction): Json {
  const { net, fee } = effectOf(wallet, one.tx);
  return {
    amount: amount(net),
    fee: fee === undefined ? undefined : amount(-fee),
    ...placeOf(api, wallet, one),
  };
}

/** Each payment of a transaction: what was sent to others, and what came in that is no change. */
function detailsOf({ format }: Api, wallet: Wallet, one: WalletTransaction): Json[] {
  const { tx } = one;
  const { fee } = effectOf(wallet, tx);
  const isOurs = fee !== undefined;
  const details: Json[] = [];
  const immature = isCoinbase(tx) && wallet.depthOf(one) <= 100;
  tx.outputs.forEach(({ value, scriptPubKey }, vout) => {
    const own = wallet.ownScript(scriptPubKey);
    const address = scriptToAddress(scriptPubKey, format);
    const label = wallet.labelOf(scriptPubKey);
    const isChange = isOurs && own !== undefined && own.source.internal && label === undefined;
    if (isChange) return;
    if (isOurs) {
      details.push({
        address,
        category: 'send',
        amount: amount(-value),
        label,
        vout,
        fee: amount(-fee),
        abandoned: false,
      });
    }
    if (own === undefined) return;
    const category = isCoinbase(tx) ? (immature ? 'immature' : 'generate') : 'receive';
    details.push({
      address,
      parent_descs: [own.source.descriptor.toText()],
      category,
      amount: amount(value),
      label,
      vout,
      abandoned: false,
    });
  });
  return details;
}

function listed(api: Api, wallet: Wallet, one: WalletTransaction): Json[] {
  const place = placeOf(api, wallet, one);
  return detailsOf(api, wallet, one).map((detail) => ({ ...detail, ...place }));
}

function importDescriptor(api: Api, wallet: Wallet, request: Json): Json {
  try {
    const { desc, range, timestamp, active = false, internal = false, label, next_index: next } = request;
    if (typeof desc !== 'string') throw invalidParameter('Descriptor not found.');
    const descriptor = readDescriptor(desc, api, true);
    if (timestamp === undefined) throw typeError('Missing required timestamp field for key');
    if (descriptor.hasPrivate && !wallet.privateKeysEnabled) {
      throw rpcFailure(RPC_WALLET_ERROR, 'Cannot import private keys to a wallet with private keys disabled');
    }
    if (!descriptor.hasPrivate && wallet.privateKeysEnabled) {
      throw rpcFailure(
        RPC_WALLET_ERROR,
        'Cannot import descriptor without private keys to a wallet with private keys enabled',
      );
    }
    if (active === true && !descriptor.isRange) throw invalidParameter('Active descriptors must be ranged');
    if (range !== undefined && !descriptor.isRange) {
      throw invalidParameter('Range should not be specified for an un-ranged descriptor');
    }
    if (internal === true && label !== undefined)
      throw invalidParameter('Internal addresses should not have a label');
    const [begin, end] = range === undefined ? [0, 0] : readRange(range);
    wallet.addDescriptor({
      descriptor,
      active: active === true,
      internal: internal === true,
      next: typeof next === 'number' ? next : begin,
      end: range === undefined ? 0 : end + 1,
      timestamp: typeof timestamp === 'number' ? timestamp : api.node.now(),
      label: typeof label === 'string' ? label : undefined,
    });
    return { success: true };
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    if (typeof code !== 'number') throw error;
    return { success: false, error: { code, message } };
  }
}
