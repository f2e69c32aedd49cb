import type { Bytes } from '@ninefold/base';
import { type OpSpec, opcodeAt } from '../spec/opcodes.ts';
import { INSTRUCTION_BYTES, SBPF_VERSIONS, type SbpfVersion } from '../spec/versions.ts';

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const signed = (value: number): string => (value < 0 ? String(value) : `+${value}`);

/**
 * One line of text for each instruction of `text`; `null` for the second slot of an `lddw`, and
 * `.byte …` where there is no instruction.
 *
 * @example disassemble(Uint8Array.of(0xb7, 0, 0, 0, 7, 0, 0, 0), 0) // ['mov64 r0, 7']
 */
export function disassemble(text: Bytes, version: SbpfVersion): readonly (string | null)[] {
  const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  const lines: (string | null)[] = [];
  for (let at = 0; at + INSTRUCTION_BYTES <= text.length; at += INSTRUCTION_BYTES) {
    const spec = opcodeAt(text[at] as number, version);
    if (spec === undefined) {
      lines.push(`.byte ${[...text.subarray(at, at + INSTRUCTION_BYTES)].join(', ')}`);
      continue;
    }
    const isWide = spec.form === 'lddw' && at + 2 * INSTRUCTION_BYTES <= text.length;
    const high = isWide ? view.getUint32(at + INSTRUCTION_BYTES + 4, true) : 0;
    lines.push(line(spec, view, at, high, version));
    if (isWide) {
      lines.push(null);
      at += INSTRUCTION_BYTES;
    }
  }
  return lines;
}

function line(spec: OpSpec, view: DataView, at: number, high: number, version: SbpfVersion): string {
  const registers = view.getUint8(at + 1);
  const dst = `r${registers & 15}`;
  const src = `r${registers >> 4}`;
  const offset = signed(view.getInt16(at + 2, true));
  const imm = view.getInt32(at + 4, true);
  const { mnemonic } = spec;
  switch (spec.form) {
    case 'lddw':
      return `${mnemonic} ${dst}, ${hex((BigInt(high) << 32n) | BigInt(imm >>> 0))}`;
    case 'load':
      return `${mnemonic} ${dst}, [${src}${offset}]`;
    case 'storeImm':
      return `${mnemonic} [${dst}${offset}], ${imm}`;
    case 'storeReg':
      return `${mnemonic} [${dst}${offset}], ${src}`;
    case 'aluImm':
      return `${mnemonic} ${dst}, ${spec.immediate === 'unsigned' ? imm >>> 0 : imm}`;
    case 'aluReg':
      return `${mnemonic} ${dst}, ${src}`;
    case 'unary':
      return `${mnemonic} ${dst}`;
    case 'endian':
      return `${mnemonic}${imm} ${dst}`;
    case 'jump':
      return `${mnemonic} ${offset}`;
    case 'jumpImm':
      return `${mnemonic} ${dst}, ${imm}, ${offset}`;
    case 'jumpReg':
      return `${mnemonic} ${dst}, ${src}, ${offset}`;
    case 'call': {
      const isRelative = SBPF_VERSIONS[version].staticSyscalls && registers >> 4 === 1;
      return isRelative ? `${mnemonic} ${signed(imm)}` : `${mnemonic} ${hex(imm >>> 0)}`;
    }
    case 'callx': {
      const register = { immediate: `r${imm}`, source: src, destination: dst };
      return `${mnemonic} ${register[SBPF_VERSIONS[version].callxRegister]}`;
    }
    case 'exit':
      return mnemonic;
  }
}
