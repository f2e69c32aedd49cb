import type { Bus } from '../air/chip.ts';
import type { Node } from '../air/expression.ts';
import type { CompiledChip } from '../air/logup.ts';
import type { Machine } from '../air/machine.ts';
import { HASHERS, personalKind } from '../kernel/hasher.ts';

/** Version of the protocol: proofs of another one are refused. */
export const PROTOCOL_VERSION = 3;

const OPS: readonly Node['op'][] = [
  'constant',
  'column',
  'selector',
  'public',
  'challenge',
  'share',
  'wide',
  'add',
  'sub',
  'mul',
  'neg',
];
const LEAF_TAGS: Readonly<Record<string, number>> = {
  preprocessed: 0,
  main: 1,
  interaction: 2,
  first: 0,
  last: 1,
};

const DIGESTS = new WeakMap<Machine, Uint32Array>();
const CHIP_WORDS = new WeakMap<CompiledChip, readonly number[]>();

/** Everything about a machine that a proof depends on, as one digest: chips, columns, constraints, buses. */
export function machineDigest(machine: Machine): Uint32Array {
  let digest = DIGESTS.get(machine);
  if (digest === undefined) DIGESTS.set(machine, (digest = computeDigest(machine)));
  return digest;
}

function computeDigest(machine: Machine): Uint32Array {
  const words: number[] = [PROTOCOL_VERSION, machine.publicCount, machine.maxDegree];
  pushText(words, machine.name);
  words.push(machine.buses.length);
  for (const { name, arity } of machine.buses) {
    pushText(words, name);
    words.push(arity);
  }
  words.push(machine.chips.length);
  const chips = machine.chips.map((compiled) => {
    let known = CHIP_WORDS.get(compiled);
    if (known === undefined) CHIP_WORDS.set(compiled, (known = chipWords(compiled, machine.buses)));
    return known;
  });
  return HASHERS.blake2s.hashWords([personalKind('mach'), 0], words, ...chips);
}

/** @param buses those the chip was compiled with */
function chipWords(compiled: CompiledChip, buses: readonly Bus[]): number[] {
  const { chip, graph, constraints, wideColumns, groups, logPieces } = compiled;
  const words: number[] = [];
  pushText(words, chip.name);
  words.push(chip.optional ? 1 : 0, chip.main.length, chip.preprocessed.length);
  for (const name of [...chip.main, ...chip.preprocessed]) pushText(words, name);
  words.push(graph.nodes.length);
  for (const node of graph.nodes) {
    const op = OPS.indexOf(node.op);
    // An operation says how many operands follow. PERF: most nodes are sums and products.
    if ('b' in node) words.push(op, node.a, node.b);
    else {
      const { op: _, ...operands } = node;
      const values = Object.values(operands).map((value) =>
        typeof value === 'string' ? (LEAF_TAGS[value] as number) : value,
      );
      words.push(op, ...values);
    }
  }
  words.push(constraints.length, ...constraints.map(({ expression }) => expression));
  words.push(wideColumns, logPieces);
  words.push(...groups.flatMap(({ numerator, denominator }) => [numerator, denominator]));
  words.push(chip.interactions.length);
  for (const { bus, kind, values, multiplicity } of chip.interactions) {
    words.push(buses.indexOf(bus), kind === 'send' ? 1 : 0, multiplicity, ...values);
  }
  return words;
}

function pushText(words: number[], text: string): void {
  words.push(text.length);
  for (let i = 0; i < text.length; i++) words.push(text.charCodeAt(i));
}
