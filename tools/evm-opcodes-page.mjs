// The page docs/evm-opcodes.md, out of the EVM's instruction table in the build.
import { baseCost, FORKS, introducedIn, OPCODES, specLink } from '../vms/evm/dist/index.js';

const HEADER = ['Code', 'Instruction', 'Takes', 'Leaves', 'Base cost', 'Since', 'What it does'];

const INTRODUCTION = `# EVM instructions

<!-- Written by \`npm run gen\` from vms/evm/src/spec/opcodes.ts. -->

Stack items are listed from the top. The base cost is what every execution pays, with the fork that
changed it; **+** marks instructions whose cost also depends on operands or state.
`;

const list = (names) =>
  names.length > 5 ? `${names.slice(0, 2).join(', ')} ... ${names.at(-1)}` : names.join(', ');

/** `20, tangerineWhistle 400, istanbul 700`: the first price, then each change. */
function costs(spec) {
  const changes = FORKS.flatMap(({ name }) => (spec.cost[name] === undefined ? [] : [name]));
  const [first, ...later] = changes.map((name) => [name, baseCost(spec, name)]);
  const prices = [`${first[1]}`, ...later.map(([name, cost]) => `${name} ${cost}`)].join(', ');
  return spec.dynamicCost ? `${prices} **+**` : prices;
}

function row(spec) {
  return [
    `0x${spec.code.toString(16).padStart(2, '0')}`,
    `[${spec.mnemonic}](${specLink(spec)})`,
    list(spec.operands),
    list(spec.results),
    costs(spec),
    introducedIn(spec),
    spec.formerly === undefined ? spec.doc : `${spec.doc} Formerly ${spec.formerly}.`,
  ];
}

function table(rows) {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((line) => line[column].length)));
  const line = (values) => `| ${values.map((value, i) => value.padEnd(widths[i])).join(' | ')} |`;
  const [header, ...body] = rows;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

/** The page's text. */
export function evmOpcodesPage() {
  return `${INTRODUCTION}\n${table([HEADER, ...OPCODES.map(row)])}\n`;
}
