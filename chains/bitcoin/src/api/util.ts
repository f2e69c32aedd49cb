import { type Bytes, concatBytes, hexToBytes, isHex, isNinefoldError } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import {
  assembleScript,
  encodePush,
  hash160,
  MAX_SCRIPT_ELEMENT_SIZE,
  pushNumber,
} from '@ninefold/vm-bitcoin-script';
import { withChecksum } from '../descriptor/checksum.ts';
import { isPoint } from '../descriptor/keys.ts';
import { addressToScript, scriptToAddress } from '../tx/address.ts';
import { addressFault } from '../tx/address-fault.ts';
import { signMessage, verifyMessage } from '../tx/message.ts';
import { classifyScript } from '../tx/script-type.ts';
import { decodeWif, WIF_MAIN, WIF_TEST } from '../tx/wif.ts';
import type { Api } from './api.ts';
import { invalidParameter, notFound, RPC_TYPE_ERROR, rpcFailure, typeError } from './errors.ts';
import { checkEstimateMode, checkTarget } from './fee-options.ts';
import { describeAddress, hex, type Json } from './format.ts';
import { amount } from './json.ts';
import { may, methodsOf, need, type RpcMethods } from './method.ts';
import { readDescriptor, readRange } from './scan.ts';

const MAX_MULTISIG_KEYS = 20;

/** Methods about addresses, descriptors and messages. */
export function utilMethods(api: Api): RpcMethods {
  const { format } = api;
  return methodsOf('Util', {
    validateaddress: [
      'Says whether an address is one of this network.',
      [need('address', 'string')],
      (args) => {
        const address = args.string('address');
        let script: Bytes;
        try {
          script = addressToScript(address, format);
        } catch (error) {
          if (!isNinefoldError(error, 'ADDRESS_INVALID')) throw error;
          const { message, locations } = addressFault(address, format);
          return { isvalid: false, error_locations: locations, error: message };
        }
        return {
          isvalid: true,
          address: scriptToAddress(script, format),
          scriptPubKey: hex(script),
          ...describeAddress(script),
        };
      },
    ],
    createmultisig: [
      'Makes the address of a multisig.',
      [
        need('nrequired', 'number'),
        need('keys', 'array'),
        may('address_type', 'string', 'legacy, bech32 or p2sh-segwit'),
      ],
      (args) =>
        createMultisig(
          api,
          args.integer('nrequired'),
          args.array('keys'),
          args.maybeString('address_type') ?? 'legacy',
        ),
    ],
    getdescriptorinfo: [
      'Returns what a descriptor is.',
      [need('descriptor', 'string')],
      (args) => {
        const text = args.string('descriptor');
        const descriptor = readDescriptor(text, api);
        return {
          descriptor: descriptor.toText(),
          checksum: withChecksum(text.replace(/#.*$/, '')).slice(-8),
          isrange: descriptor.isRange,
          issolvable: descriptor.isSolvable,
          hasprivatekeys: descriptor.hasPrivate,
        };
      },
    ],
    deriveaddresses: [
      'Returns the addresses of a descriptor.',
      [need('descriptor', 'string'), may('range', 'any', 'the end, or [begin,end]')],
      (args) => {
        const descriptor = readDescriptor(args.string('descriptor'), api, true);
        const range = args.any('range');
        if (!descriptor.isRange && range !== undefined) {
          throw invalidParameter('Range should not be specified for an un-ranged descriptor');
        }
        if (descriptor.isRange && range === undefined) {
          throw invalidParameter('Range must be specified for a ranged descriptor');
        }
        const [begin, end] = range === undefined ? [0, 0] : readRange(range);
        const addresses: string[] = [];
        for (let index = begin; index <= end; index++) {
          for (const { scriptPubKey } of derive(() => descriptor.outputs(index))) {
            const address = scriptToAddress(scriptPubKey, format);
            // The bare key of a combo has none, the others stand for it.
            if (address === undefined && descriptor.node.kind !== 'combo') {
              throw notFound('Descriptor does not have a corresponding address');
            }
            if (address !== undefined) addresses.push(address);
          }
        }
        return addresses;
      },
    ],
    signmessagewithprivkey: [
      'Signs a message with a key.',
      [need('privkey', 'string'), need('message', 'string')],
      (args) => {
        const key = decodeWif(args.string('privkey'), format.hrp === 'bc' ? WIF_MAIN : WIF_TEST);
        if (key === undefined) throw notFound('Invalid private key');
        return signMessage(args.string('message'), key.privateKey, key.compressed);
      },
    ],
    verifymessage: [
      'Says whether a message was signed by the key of an address.',
      [need('address', 'string'), need('signature', 'string'), need('message', 'string')],
      (args) => {
        let script: Bytes;
        try {
          script = addressToScript(args.string('address'), format);
        } catch (error) {
          if (isNinefoldError(error, 'ADDRESS_INVALID')) throw notFound('Invalid address');
          throw error;
        }
        const { type, parts } = classifyScript(script);
        if (type !== 'pubkeyhash') throw typeError('Address does not refer to key');
        const valid = verifyMessage(args.string('message'), args.string('signature'), parts[0] as Bytes);
        if (valid === 'malformed') throw rpcFailure(RPC_TYPE_ERROR, 'Malformed base64 encoding');
        return valid;
      },
    ],
    estimatesmartfee: [
      'Estimates the rate that gets a transaction into a block: from what recent blocks have held.',
      [need('conf_target', 'number'), may('estimate_mode', 'string')],
      (args) => {
        const target = args.integer('conf_target');
        checkTarget(target);
        checkEstimateMode(args.any('estimate_mode'));
        const rate = api.node.estimator.estimate(target);
        if (rate === undefined) {
          return { errors: ['Insufficient data or no feerate found'], blocks: target };
        }
        return { feerate: amount(rate), blocks: target };
      },
    ],
  });
}

function derive<Value>(run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (isNinefoldError(error, 'DESCRIPTOR_INVALID')) throw notFound(error.message);
    throw error;
  }
}

const COMPRESSED_KEY_BYTES = 33;
const OTHER_FORM =
  'Unable to make chosen address type, please ensure no uncompressed public keys are present.';
const MULTISIG_FORMS = ['legacy', 'bech32', 'p2sh-segwit'];

function createMultisig({ format }: Api, required: number, keys: readonly unknown[], type: string): Json {
  if (type === 'bech32m') throw notFound('createmultisig cannot create bech32m multisig addresses');
  if (!MULTISIG_FORMS.includes(type)) throw notFound(`Unknown address type '${type}'`);
  if (required < 1)
    throw invalidParameter('a multisignature address must require at least one key to redeem');
  if (keys.length < required) {
    throw invalidParameter(
      `not enough keys supplied (got ${keys.length} keys, but need at least ${required} to redeem)`,
    );
  }
  if (keys.length > MAX_MULTISIG_KEYS) {
    throw invalidParameter(
      `Number of keys involved in the multisignature address creation > ${MAX_MULTISIG_KEYS}\nReduce the number`,
    );
  }
  const bytes = keys.map((key) => {
    if (typeof key !== 'string' || !isHex(`0x${key}`))
      throw notFound(`Pubkey "${String(key)}" must be a hex string`);
    const decoded = hexToBytes(`0x${key}`);
    if (decoded.length !== 33 && decoded.length !== 65) {
      throw notFound(`Pubkey "${key}" must have a length of either 33 or 65 bytes`);
    }
    if (!isPoint(decoded)) throw notFound(`Pubkey "${key}" must be cryptographically valid.`);
    return decoded;
  });
  const redeemScript = concatBytes(
    pushNumber(required),
    ...bytes.map(encodePush),
    pushNumber(bytes.length),
    assembleScript('CHECKMULTISIG'),
  );
  const scripts: Readonly<Record<string, readonly [Bytes, (inner: string) => string]>> = {
    legacy: [behindHash(redeemScript), (inner) => `sh(${inner})`],
    bech32: [witness(redeemScript), (inner) => `wsh(${inner})`],
    'p2sh-segwit': [behindHash(witness(redeemScript)), (inner) => `sh(wsh(${inner}))`],
  };
  // Since SegWit keys are compressed: with others, only the oldest form is left.
  const made = bytes.some(({ length }) => length !== COMPRESSED_KEY_BYTES) ? 'legacy' : type;
  if (made === 'legacy' && redeemScript.length > MAX_SCRIPT_ELEMENT_SIZE) {
    throw invalidParameter(
      `redeemScript exceeds size limit: ${redeemScript.length} > ${MAX_SCRIPT_ELEMENT_SIZE}`,
    );
  }
  const [script, wrap] = scripts[made] as (typeof scripts)[string];
  return {
    address: scriptToAddress(script, format),
    redeemScript: hex(redeemScript),
    descriptor: withChecksum(wrap(`multi(${[required, ...keys].join(',')})`)),
    warnings: made === type ? undefined : [OTHER_FORM],
  };
}

const behindHash = (script: Bytes): Bytes =>
  concatBytes(assembleScript('HASH160'), encodePush(hash160(script)), assembleScript('EQUAL'));
const witness = (script: Bytes): Bytes => concatBytes(assembleScript('0'), encodePush(sha256(script)));
