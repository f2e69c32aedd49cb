import { type Bytes, concatBytes, defineErrors, equalBytes } from '@ninefold/base';
import { encodePush, hash256, isPayToScriptHash, OP, witnessProgramOf } from '@ninefold/vm-bitcoin-script';
import { base58, bech32, bech32m } from '@scure/base';

/** What tells the addresses of one network from another's. */
export type AddressFormat = {
  /** Human-readable part of segwit addresses (BIP 173). */
  readonly hrp: string;
  /** First byte of addresses of a key's hash. */
  readonly pubKeyHash: number;
  /** First byte of addresses of a script's hash. */
  readonly scriptHash: number;
};

/** Formats by the network's name; testnets and signet share one. */
export const ADDRESS_FORMATS: Readonly<Record<'main' | 'test' | 'signet' | 'regtest', AddressFormat>> = {
  main: { hrp: 'bc', pubKeyHash: 0x00, scriptHash: 0x05 },
  test: { hrp: 'tb', pubKeyHash: 0x6f, scriptHash: 0xc4 },
  signet: { hrp: 'tb', pubKeyHash: 0x6f, scriptHash: 0xc4 },
  regtest: { hrp: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4 },
};

const fail = defineErrors({
  ADDRESS_INVALID: (c: { readonly address: string; readonly reason: string }) =>
    `${JSON.stringify(c.address.slice(0, 100))} is no address here: ${c.reason}`,
});

const CHECKSUM_BYTES = 4;
const HASH_BYTES = 20;
const PAYLOAD_BYTES = 1 + HASH_BYTES;
/** Longest base58 text of 25 bytes, with room: what is longer is not decoded, which takes quadratic time. */
const MAX_BASE58_LENGTH = 50;
const PUBKEY_HASH_HEAD: Bytes = Uint8Array.of(OP.OP_DUP, OP.OP_HASH160, HASH_BYTES);
const PUBKEY_HASH_TAIL: Bytes = Uint8Array.of(OP.OP_EQUALVERIFY, OP.OP_CHECKSIG);

/**
 * The address of an output's script; undefined for scripts that have none.
 *
 * @example scriptToAddress(hexToBytes('0x51024e73'), ADDRESS_FORMATS.main) // 'bc1pfeessrawgf'
 */
export function scriptToAddress(script: Bytes, format: AddressFormat): string | undefined {
  if (isPayToScriptHash(script)) return encodeBase58Check(format.scriptHash, script.subarray(2, 22));
  if (isPayToPubKeyHash(script)) return encodeBase58Check(format.pubKeyHash, script.subarray(3, 23));
  const witness = witnessProgramOf(script);
  if (witness === undefined) return undefined;
  const { version, program } = witness;
  if (version === 0 && program.length !== 20 && program.length !== 32) return undefined;
  const coder = version === 0 ? bech32 : bech32m;
  return coder.encode(format.hrp, [version, ...coder.toWords(program)]);
}

function isPayToPubKeyHash(script: Bytes): boolean {
  return (
    script.length === 25 &&
    equalBytes(script.subarray(0, 3), PUBKEY_HASH_HEAD) &&
    equalBytes(script.subarray(23), PUBKEY_HASH_TAIL)
  );
}

function encodeBase58Check(prefix: number, hash: Bytes): string {
  const payload = concatBytes(Uint8Array.of(prefix), hash);
  return base58.encode(concatBytes(payload, hash256(payload).subarray(0, CHECKSUM_BYTES)));
}

/**
 * The script an address stands for.
 *
 * @throws `ADDRESS_INVALID`
 */
export function addressToScript(address: string, format: AddressFormat): Bytes {
  const isSegwit = address.toLowerCase().startsWith(`${format.hrp}1`);
  return isSegwit ? decodeSegwit(address) : decodeBase58(address, format);
}

function decodeSegwit(address: string): Bytes {
  const invalid = (reason: string): Error => fail('ADDRESS_INVALID', { address, reason });
  // BIP 350: version 0 has the old checksum, all others the new one.
  const old = bech32.decodeUnsafe(address);
  const decoded = old ?? bech32m.decodeUnsafe(address);
  if (!decoded) throw invalid('the checksum is wrong');
  const [version, ...words] = decoded.words;
  if (version === undefined || version > 16) throw invalid('its version is not between 0 and 16');
  if ((version === 0) !== (old !== undefined)) throw invalid('the checksum is of another version');
  const program = bech32.fromWordsUnsafe(words);
  if (!program || program.length < 2 || program.length > 40) {
    throw invalid('its program does not have 2 to 40 bytes');
  }
  if (version === 0 && program.length !== 20 && program.length !== 32) {
    throw invalid('a program of version 0 has 20 or 32 bytes');
  }
  return concatBytes(Uint8Array.of(version === 0 ? OP.OP_0 : OP.OP_1 - 1 + version), encodePush(program));
}

function decodeBase58(address: string, { pubKeyHash, scriptHash }: AddressFormat): Bytes {
  const invalid = (reason: string): Error => fail('ADDRESS_INVALID', { address, reason });
  if (address.length > MAX_BASE58_LENGTH || !/^[1-9A-HJ-NP-Za-km-z]+$/.test(address)) {
    throw invalid('it is neither base58 nor of this network');
  }
  const bytes = base58.decode(address);
  const payload = bytes.subarray(0, PAYLOAD_BYTES);
  if (bytes.length !== PAYLOAD_BYTES + CHECKSUM_BYTES) throw invalid('it has another length');
  if (!equalBytes(bytes.subarray(PAYLOAD_BYTES), hash256(payload).subarray(0, CHECKSUM_BYTES))) {
    throw invalid('the checksum is wrong');
  }
  const hash = encodePush(payload.subarray(1));
  if (payload[0] === pubKeyHash) {
    return concatBytes(PUBKEY_HASH_HEAD.subarray(0, 2), hash, PUBKEY_HASH_TAIL);
  }
  if (payload[0] !== scriptHash) throw invalid('it is of another network');
  return concatBytes(Uint8Array.of(OP.OP_HASH160), hash, Uint8Array.of(OP.OP_EQUAL));
}
