import { GAP_LIMIT, type Wallet } from '../wallet/wallet.ts';
import { signMessage } from '../tx/message.ts';
import { classifyScript } from '../tx/script-type.ts';
import type { Bytes } from '@ninefold/base';
import type { Api } from './api.ts';
import { invalidParameter, RPC_WALLET_ERROR, rpcFailure, typeError } from './errors.ts';
import { amount } from './json.ts';
import { type CallContext, may, methodsOf, need, type RpcMethods } from './method.ts';
import { readAddress } from './outputs.ts';
import { parseTransaction } from './parse.ts';
import { processed, readPsbt, signAs, updatePsbt } from './psbt.ts';
import { readHashType, signRaw } from './raw-transactions.ts';

/** Deriving more at once would keep a client waiting too long. */
const MAX_KEYPOOL = 10_000;

/** Methods about wallets as a whole, and about signing with their keys. */
export function walletMethods(api: Api): RpcMethods {
  const { node, format, wallets } = api;
  const own = ({ wallet }: CallContext): Wallet => wallets.of(wallet);

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
          txcount: wallet.history.transactions().length,
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
        const signed = args.bool('sign', true) ? signAs(updated, ring, hashType) : updated;
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
  });
}
