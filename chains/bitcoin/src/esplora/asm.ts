import { type Bytes, bytesToHex } from '@ninefold/base';
import { decodeScript, OP, opcodeInfo } from '@ninefold/vm-bitcoin-script';

/** Where the names of instructions are not those of Bitcoin Core. */
const NAMES: Readonly<Record<number, string>> = {
  [OP.OP_0]: 'OP_0',
  [OP.OP_1NEGATE]: 'OP_PUSHNUM_NEG1',
  [OP.OP_CHECKLOCKTIMEVERIFY]: 'OP_CLTV',
  [OP.OP_CHECKSEQUENCEVERIFY]: 'OP_CSV',
  0xff: 'OP_INVALIDOPCODE',
};

/**
 * A script in words as Esplora shows it, which tells how bytes are pushed.
 *
 * @example scriptToEsploraAsm(Uint8Array.of(0x51, 0x01, 0x05)) // OP_PUSHNUM_1 OP_PUSHBYTES_1 05
 */
export function scriptToEsploraAsm(script: Bytes): string {
  const { instructions, cutOff } = decodeScript(script);
  const words = instructions.flatMap(({ opcode, data }) =>
    data === undefined || data.length === 0 ? [nameOf(opcode)] : [nameOf(opcode), bytesToHex(data).slice(2)],
  );
  if (cutOff !== undefined) words.push(...cutOffWords(script, cutOff));
  return words.join(' ');
}

function nameOf(opcode: number): string {
  const name = NAMES[opcode];
  if (name !== undefined) return name;
  if (opcode < OP.OP_PUSHDATA1) return `OP_PUSHBYTES_${opcode}`;
  if (opcode >= OP.OP_1 && opcode <= OP.OP_16) return `OP_PUSHNUM_${opcode - OP.OP_1 + 1}`;
  return opcodeInfo(opcode)?.name ?? `OP_RETURN_${opcode}`;
}

/** A push whose data is cut off, or even its length. */
function cutOffWords(script: Bytes, at: number): string[] {
  const opcode = script[at] as number;
  const lengthBytes = opcode < OP.OP_PUSHDATA1 ? 0 : 1 << (opcode - OP.OP_PUSHDATA1);
  if (at + 1 + lengthBytes > script.length) return ['<unexpected end>'];
  return [nameOf(opcode), '<push past end>'];
}
