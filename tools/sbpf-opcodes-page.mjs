// docs/sbpf-opcodes.md: the sBPF instruction table, written from `vms/svm/src/spec/opcodes.ts`.
const { OPCODES } = await import('../vms/svm/dist/spec/opcodes.js');

const OPERANDS = {
  lddw: 'dst, imm64',
  load: 'dst, [src+off]',
  storeImm: '[dst+off], imm',
  storeReg: '[dst+off], src',
  aluImm: 'dst, imm',
  aluReg: 'dst, src',
  unary: 'dst',
  endian: 'dst, width',
  jump: 'off',
  jumpImm: 'dst, imm, off',
  jumpReg: 'dst, src, off',
  call: 'imm',
  callx: 'register',
  exit: '',
};

const HEADER = ['Code', 'Instruction', 'Operands', 'Versions', 'What it does'];

const INTRODUCTION = `# sBPF instructions

<!-- Written by \`npm run gen\` from vms/svm/src/spec/opcodes.ts. -->

Every instruction costs one compute unit. The versions are those that know the code with this meaning.
`;

function row({ code, mnemonic, form, versions, immediate, doc }) {
  const hex = `0x${code.toString(16).padStart(2, '0')}`;
  const note = immediate === 'unsigned' ? ' The immediate is zero-extended.' : '';
  return [hex, mnemonic, OPERANDS[form], versions.join(' '), `${doc}${note}`];
}

/** Text of the page, with columns of equal width as the formatter wants them. */
export function sbpfOpcodesPage() {
  const rows = OPCODES.map(row);
  const widths = HEADER.map((title, i) => Math.max(title.length, ...rows.map((cells) => cells[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return `${INTRODUCTION}\n${[line(HEADER), rule, ...rows.map(line)].join('\n')}\n`;
}
