// docs/riscv-opcodes.md: the RISC-V instruction table, written from `vms/riscv/src/spec/opcodes.ts`.
const { OPCODES } = await import('../vms/riscv/dist/spec/opcodes.js');

const OPERANDS = {
  register: 'rd, rs1, rs2',
  immediate: 'rd, rs1, imm',
  shift: 'rd, rs1, amount',
  load: 'rd, imm(rs1)',
  store: 'rs2, imm(rs1)',
  branch: 'rs1, rs2, offset',
  upper: 'rd, imm',
  jump: 'rd, offset',
  plain: '',
  fence: '',
  csr: 'rd, csr, rs1',
  csrImmediate: 'rd, csr, imm',
  atomic: 'rd, rs2, (rs1)',
  loadReserved: 'rd, (rs1)',
  custom: 'word',
};

const HEADER = ['Instruction', 'Operands', 'Extension', 'Width', 'Match', 'Mask', 'What it does'];

const INTRODUCTION = `# RISC-V instructions

<!-- Written by \`npm run gen\` from vms/riscv/src/spec/opcodes.ts. -->

An instruction is the word whose bits under the mask are the match. Every instruction that retires counts as one
cycle, those that the host answers as well.
`;

const hex = (value) => `0x${value.toString(16).padStart(8, '0')}`;

function row({ mnemonic, format, extension, xlen, match, mask, doc }) {
  return [mnemonic, OPERANDS[format], extension, xlen ?? '32 64', hex(match), hex(mask), doc].map(String);
}

/** Text of the page, with columns of equal width as the formatter wants them. */
export function riscvOpcodesPage() {
  const rows = OPCODES.map(row);
  const widths = HEADER.map((title, i) => Math.max(title.length, ...rows.map((cells) => cells[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return `${INTRODUCTION}\n${[line(HEADER), rule, ...rows.map(line)].join('\n')}\n`;
}
