/*
 * The checksum of output descriptors (BIP 380): eight characters that find up to four wrong ones.
 */

const INPUT_CHARSET =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const CHECKSUM_CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn];
export const CHECKSUM_LENGTH: number = 8;

function step(state: bigint, value: number): bigint {
  const top = state >> 35n;
  let next = ((state & 0x7ffffffffn) << 5n) ^ BigInt(value);
  GENERATOR.forEach((generator, i) => {
    if (((top >> BigInt(i)) & 1n) === 1n) next ^= generator;
  });
  return next;
}

/** The checksum of a descriptor's text; undefined when it has a character no descriptor has. */
export function descriptorChecksum(text: string): string | undefined {
  let state = 1n;
  let group = 0;
  let inGroup = 0;
  for (const character of text) {
    const position = INPUT_CHARSET.indexOf(character);
    if (position < 0) return undefined;
    // Where in a row of 32 it stands, then three rows' numbers together.
    state = step(state, position & 31);
    group = group * 3 + (position >> 5);
    if (++inGroup === 3) {
      state = step(state, group);
      group = 0;
      inGroup = 0;
    }
  }
  if (inGroup > 0) state = step(state, group);
  for (let i = 0; i < CHECKSUM_LENGTH; i++) state = step(state, 0);
  state ^= 1n;
  let checksum = '';
  for (let i = CHECKSUM_LENGTH - 1; i >= 0; i--) {
    checksum += CHECKSUM_CHARSET[Number((state >> BigInt(5 * i)) & 31n)];
  }
  return checksum;
}

/** A descriptor with its checksum behind; the text has to be one. */
export function withChecksum(text: string): string {
  return `${text}#${descriptorChecksum(text) ?? ''}`;
}
