import type { Hex } from '@ninefold/base';
import { OPCODES } from '../../src/spec/opcodes.ts';

const CODES: ReadonlyMap<string, number> = new Map(OPCODES.map(({ mnemonic, code }) => [mnemonic, code]));

const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');

/** An instruction's name, a value to push in as few bytes as it takes, or raw code in hex. */
export type Item = string | bigint | number;

/**
 * Code from instruction names and pushed values.
 *
 * @example asm(1, 2, 'ADD') // '0x6002…': numbers push
 */
export function asm(...items: readonly Item[]): Hex {
  let code = '';
  for (const item of items) {
    if (typeof item !== 'string') code += push(BigInt(item));
    else if (item.startsWith('0x')) code += item.slice(2);
    else {
      const opcode = CODES.get(item);
      if (opcode === undefined) throw new Error(`no instruction ${item}`);
      code += hexByte(opcode);
    }
  }
  return `0x${code}`;
}

function push(value: bigint): string {
  const digits = value.toString(16);
  const bytes = digits.length % 2 === 0 ? digits : `0${digits}`;
  return hexByte(0x5f + bytes.length / 2) + bytes;
}

/** Returns the item on top of the stack as the frame's output. */
export const RETURN_TOP: readonly Item[] = [0, 'MSTORE', 32, 0, 'RETURN'];

/** Returns the lowest `count` items above the given ones, top first. */
export function returnTop(count: number): readonly Item[] {
  const items: Item[] = [];
  for (let i = 0; i < count; i++) items.push(32 * i, 'MSTORE');
  return [...items, 32 * count, 0, 'RETURN'];
}

/** Writes `code` (up to 32 bytes) to memory at 0; it begins at 32 - length. */
export function storeCode(code: Hex): readonly Item[] {
  return [BigInt(code), 0, 'MSTORE'];
}
