import type { AddressFormat } from './address.ts';

/** Why an address is none, in the words of nodes; `locations` of the wrong characters where they can be told. */
export type AddressFault = { readonly message: string; readonly locations: readonly number[] };

const BECH32_CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const MAX_BECH32_LENGTH = 90;
const CHECKSUM_LENGTH = 6;
const BECH32M_CONSTANT = 0x2bc830a3;
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Explains an address that cannot be decoded. */
export function addressFault(address: string, format: AddressFormat): AddressFault {
  const lower = address.toLowerCase();
  const told = (message: string, ...locations: readonly number[]): AddressFault => ({ message, locations });
  // A base58 address has both cases; with the network's prefix it can only be meant as bech32.
  if (!lower.startsWith(`${format.hrp}1`)) {
    return /^[1-9A-HJ-NP-Za-km-z]+$/.test(address) && address.length <= 50 && !lower.startsWith(format.hrp)
      ? told('Invalid checksum or length of Base58 address (P2PKH or P2SH)')
      : told('Invalid or unsupported Segwit (Bech32) or Base58 encoding.');
  }
  if (address.length > MAX_BECH32_LENGTH) {
    return told(
      'Bech32 string too long',
      ...Array.from({ length: address.length - MAX_BECH32_LENGTH }, (_, i) => MAX_BECH32_LENGTH + i),
    );
  }
  const mixed = [...address].findIndex((character) => character !== character.toLowerCase());
  if (mixed >= 0 && address !== address.toUpperCase()) return told('Invalid character or mixed case', mixed);
  const separator = lower.lastIndexOf('1');
  if (separator + CHECKSUM_LENGTH >= address.length) return told('Invalid separator position', separator);
  const values = Array.from(lower.slice(separator + 1), (character) => BECH32_CHARSET.indexOf(character));
  const wrong = values.indexOf(-1);
  if (wrong >= 0) return told('Invalid Base 32 character', separator + 1 + wrong);
  const sum = polymod([...expand(format.hrp), ...values]);
  const version = values[0] as number;
  if (sum !== 1 && sum !== BECH32M_CONSTANT) return told('Invalid Bech32 checksum');
  if (version === 0 && sum !== 1) return told('Version 0 witness address must use Bech32 checksum');
  if (version !== 0 && sum !== BECH32M_CONSTANT)
    return told('Version 1+ witness address must use Bech32m checksum');
  if (version > 16) return told('Invalid Bech32 address witness version');
  const bytes = Math.floor(((values.length - 1 - CHECKSUM_LENGTH) * 5) / 8);
  if (version === 0 && bytes !== 20 && bytes !== 32) {
    return told(`Invalid Bech32 v0 address program size (${bytes} bytes), per BIP141`);
  }
  if (bytes < 2 || bytes > 40) return told(`Invalid Bech32 address program size (${bytes} bytes)`);
  return told('Invalid padding in Bech32 data section');
}

const expand = (hrp: string): number[] => {
  const codes = [...hrp].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
};

/** The checksum's polynomial (BIP 173). */
function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((generator, i) => {
      if (((top >> i) & 1) === 1) sum ^= generator;
    });
  }
  return sum >>> 0;
}
