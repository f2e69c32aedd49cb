import {
  type Bytes,
  bytesToHex,
  concatBytes,
  defineErrors,
  hexToBytes,
  isHex,
  utf8ToBytes,
} from '@ninefold/base';
import { OP, opcodeInfo, OPCODES } from '../spec/opcodes.ts';
import { decodeScript, encodePush, isMinimalPush } from './script.ts';
import { decodeScriptNumber, encodeScriptNumber } from './script-number.ts';

const fail = defineErrors({
  SCRIPT_UNKNOWN_WORD: (c: { readonly word: string }) =>
    `${JSON.stringify(c.word.slice(0, 80))} is no instruction, number, 0x… bytes, <hex> push or 'text' push`,
});

/** Numbers with pushes of their own or up to 4 bytes, as they may be written. */
const MAX_WRITTEN_NUMBER = 0xffffffff;

/** Code by name, with and without `OP_`. Small numbers are written as numbers. */
const CODES: ReadonlyMap<string, number> = new Map(
  OPCODES.filter(({ code }) => code >= OP.OP_NOP || code === OP.OP_RESERVED).flatMap(({ name, code }) => [
    [name, code],
    [name.slice('OP_'.length), code],
  ]),
);

/** Names that mean the same as another: numbers' instructions, and two from before their soft forks. */
const ALIASES: ReadonlyMap<string, number> = new Map<string, number>([
  ...OPCODES.filter(({ code }) => code < OP.OP_NOP && code !== OP.OP_RESERVED).map(
    ({ name, code }) => [name, code] as const,
  ),
  ['OP_FALSE', OP.OP_0],
  ['OP_TRUE', OP.OP_1],
  ['OP_NOP2', OP.OP_CHECKLOCKTIMEVERIFY],
  ['NOP2', OP.OP_CHECKLOCKTIMEVERIFY],
  ['OP_NOP3', OP.OP_CHECKSEQUENCEVERIFY],
  ['NOP3', OP.OP_CHECKSEQUENCEVERIFY],
]);

/** The shortest instruction that pushes a number. */
export function pushNumber(value: number): Bytes {
  if (value === -1 || (value >= 1 && value <= 16)) return Uint8Array.of(value + OP.OP_1 - 1);
  return encodePush(encodeScriptNumber(value));
}

/**
 * The bytes of a script from words between spaces: names of instructions with or without `OP_`,
 * decimal numbers, `0x…` for bytes that are put as they are, `<…>` for a push of hex, `'…'` for a
 * push of text.
 *
 * @throws `SCRIPT_UNKNOWN_WORD`
 * @example assembleScript('DUP HASH160 <89abcdefabbaabbaabbaabbaabbaabbaabbaabba> EQUALVERIFY CHECKSIG')
 */
export function assembleScript(text: string): Bytes {
  return concatBytes(
    ...text
      .split(/[ \t\n]+/)
      .filter((word) => word !== '')
      .map(assembleWord),
  );
}

function assembleWord(word: string): Bytes {
  const code = CODES.get(word) ?? ALIASES.get(word);
  if (code !== undefined) return Uint8Array.of(code);
  if (/^-?\d+$/.test(word)) {
    const value = Number(word);
    if (Math.abs(value) <= MAX_WRITTEN_NUMBER) return pushNumber(value);
  }
  if (isHex(word)) return hexToBytes(word);
  if (/^<.*>$/.test(word) && isHex(`0x${word.slice(1, -1)}`)) {
    return encodePush(hexToBytes(`0x${word.slice(1, -1)}`));
  }
  if (/^'.*'$/.test(word)) return encodePush(utf8ToBytes(word.slice(1, -1)));
  throw fail('SCRIPT_UNKNOWN_WORD', { word });
}

/**
 * A script as words that {@link assembleScript} turns into the same bytes: pushes as `<hex>`, small
 * numbers as numbers, and as `0x…` whatever has no other word.
 */
export function disassembleScript(script: Bytes): string {
  const { instructions, cutOff } = decodeScript(script);
  const words = instructions.map(({ at, opcode, data }, i) => {
    if (data === undefined) return opcode < OP.OP_NOP ? smallNumber(opcode) : nameOf(opcode);
    if (opcode === OP.OP_0) return '0';
    if (opcode === data.length || isMinimalPush(data, opcode)) return `<${bytesToHex(data).slice(2)}>`;
    const end = instructions[i + 1]?.at ?? cutOff ?? script.length;
    return bytesToHex(script.subarray(at, end));
  });
  if (cutOff !== undefined) words.push(bytesToHex(script.subarray(cutOff)));
  return words.join(' ');
}

function smallNumber(opcode: number): string {
  return opcode === OP.OP_RESERVED ? 'OP_RESERVED' : String(opcode - OP.OP_1 + 1);
}

function nameOf(opcode: number): string {
  return opcodeInfo(opcode)?.name ?? bytesToHex(Uint8Array.of(opcode));
}

/** Suffixes by hash type, as {@link scriptToAsm} writes them behind signatures. */
const HASH_TYPE_NAMES: Readonly<Record<number, string>> = {
  0x01: 'ALL',
  0x02: 'NONE',
  0x03: 'SINGLE',
  0x81: 'ALL|ANYONECANPAY',
  0x82: 'NONE|ANYONECANPAY',
  0x83: 'SINGLE|ANYONECANPAY',
};

/**
 * A script in the `asm` form of Bitcoin Core's JSON-RPC: pushes of up to 4 bytes as numbers, longer
 * ones as bare hex, `[error]` where a push is cut off.
 *
 * @param isSignature with it, pushes it accepts are shown as hex and `[ALL]` for their hash type
 */
export function scriptToAsm(script: Bytes, isSignature?: (data: Bytes) => boolean): string {
  const { instructions, cutOff } = decodeScript(script);
  const words = instructions.map(({ opcode, data }) => {
    if (data === undefined) {
      if (opcode < OP.OP_NOP) return smallNumber(opcode);
      return opcodeInfo(opcode)?.name ?? (opcode === 0xff ? 'OP_INVALIDOPCODE' : 'OP_UNKNOWN');
    }
    if (data.length <= 4) return String(decodeScriptNumber(data, 4, false));
    const type = HASH_TYPE_NAMES[data[data.length - 1] as number];
    if (isSignature?.(data) === true && type !== undefined) {
      return `${bytesToHex(data.subarray(0, -1)).slice(2)}[${type}]`;
    }
    return bytesToHex(data).slice(2);
  });
  if (cutOff !== undefined) words.push('[error]');
  return words.join(' ');
}
