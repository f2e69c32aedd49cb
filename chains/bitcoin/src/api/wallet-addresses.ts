import { type Bytes, hexToBytes, isNinefoldError } from '@ninefold/base';
import { withChecksum } from '../descriptor/checksum.ts';
import { formatPath } from '../descriptor/keys.ts';
import { specialise } from '../descriptor/specialise.ts';
import { scriptToAddress } from '../tx/address.ts';
import { ADDRESS_TYPES, type AddressType, type Wallet } from '../wallet/wallet.ts';
import type { Api } from './api.ts';
import {
  notFound,
  RPC_WALLET_ERROR,
  RPC_WALLET_INVALID_LABEL_NAME,
  RPC_WALLET_KEYPOOL_RAN_OUT,
  rpcFailure,
} from './errors.ts';
import { describeAddress, hex, type Json } from './format.ts';
import { type CallContext, may, methodsOf, need, type RpcMethods } from './method.ts';
import { readAddress } from './outputs.ts';

const DEFAULT_TYPE: AddressType = 'bech32';
/** Stands for all labels, and so is none. */
const ANY_LABEL = '*';

/** Methods about the addresses of a wallet and their names. */
export function walletAddressMethods({ format, wallets }: Api): RpcMethods {
  const own = ({ wallet }: CallContext): Wallet => wallets.of(wallet);
  const address = (script: Bytes): string => scriptToAddress(script, format) ?? '';
  const purposeOf = (wallet: Wallet, script: Bytes): string =>
    wallet.ownScript(script) === undefined ? 'send' : 'receive';

  return methodsOf('Wallet', {
    getnewaddress: [
      'Returns an address nobody was given yet.',
      [may('label', 'string'), may('address_type', 'string')],
      (args, context) => {
        const wallet = own(context);
        const label = labelOf(args.maybeString('label') ?? '');
        const script = freshScript(wallet, typeOf(args.maybeString('address_type')), false);
        wallet.setLabel(script, label);
        return address(script);
      },
    ],
    getrawchangeaddress: [
      'Returns an address for change.',
      [may('address_type', 'string')],
      (args, context) => {
        const wallet = own(context);
        const type = args.maybeString('address_type');
        return address(freshScript(wallet, type === undefined ? changeTypeOf(wallet) : typeOf(type), true));
      },
    ],
    getaddressinfo: [
      'Returns what a wallet knows of an address.',
      [need('address', 'string')],
      (args, context) => addressInfo(format, own(context), args.string('address')),
    ],
    setlabel: [
      'Names an address.',
      [need('address', 'string'), need('label', 'string')],
      (args, context) => {
        const script = readAddress(args.string('address'), format);
        own(context).setLabel(script, labelOf(args.string('label')));
        return null;
      },
    ],
    listlabels: [
      'Lists the names of addresses.',
      [may('purpose', 'string', 'receive or send')],
      (args, context) => {
        const wallet = own(context);
        const purpose = args.maybeString('purpose') ?? '';
        const chosen = wallet
          .labelled()
          .filter(({ script }) => purpose === '' || purposeOf(wallet, hexToBytes(script)) === purpose);
        return [...new Set(chosen.map(({ label }) => label))].sort();
      },
    ],
    getaddressesbylabel: [
      'Lists the addresses of a name.',
      [need('label', 'string')],
      (args, context) => {
        const wallet = own(context);
        const label = args.string('label');
        const scripts = scriptsOf(wallet, label);
        if (scripts.length === 0)
          throw rpcFailure(RPC_WALLET_INVALID_LABEL_NAME, `No addresses with label ${label}`);
        return Object.fromEntries(
          scripts.map((script) => [address(script), { purpose: purposeOf(wallet, script) }]),
        );
      },
    ],
  });
}

function labelOf(text: string): string {
  if (text === ANY_LABEL) throw rpcFailure(RPC_WALLET_INVALID_LABEL_NAME, 'Invalid label name');
  return text;
}

/** The scripts of a name. */
export function scriptsOf(wallet: Wallet, label: string): Bytes[] {
  return wallet
    .labelled()
    .filter((one) => one.label === label)
    .map(({ script }) => hexToBytes(script));
}

/** A form of addresses by its name, if there is one. */
export function addressTypeNamed(text: string): AddressType | undefined {
  return ADDRESS_TYPES.find((one) => one === text);
}

function typeOf(text: string | undefined): AddressType {
  if (text === undefined) return DEFAULT_TYPE;
  const type = addressTypeNamed(text);
  if (type === undefined) throw notFound(`Unknown address type '${text}'`);
  return type;
}

/** The form of a wallet's addresses for change, where none is asked for. */
export function changeTypeOf(wallet: Wallet): AddressType {
  return wallet.changeType(DEFAULT_TYPE);
}

/** The script of an address nobody was given. */
function freshScript(wallet: Wallet, type: AddressType, internal: boolean): Bytes {
  if (!wallet.hasAddresses(internal)) {
    throw rpcFailure(RPC_WALLET_ERROR, 'Error: This wallet has no available keys');
  }
  try {
    return wallet.nextScript(type, internal);
  } catch (error) {
    if (!isNinefoldError(error, 'WALLET_NO_DESCRIPTOR')) throw error;
    throw rpcFailure(RPC_WALLET_KEYPOOL_RAN_OUT, `Error: ${error.message}`);
  }
}

function addressInfo(format: Api['format'], wallet: Wallet, text: string): Json {
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
    parent_desc: own?.source.descriptor.toText('normalized'),
    iswatchonly: false,
    ...describeAddress(script),
    hex: output?.redeemScript && hex(output.redeemScript),
    pubkey: single && hex(single.publicKey),
    iscompressed: single && single.publicKey.length === 33,
    ischange: wallet.isChange(script),
    timestamp: own?.source.timestamp,
    hdkeypath: key && `m${formatPath(key.origin.path)}`,
    hdmasterfingerprint: key && hex(key.origin.fingerprint),
    labels: wallet.labelOf(script) === undefined ? [] : [wallet.labelOf(script)],
  };
}
