import { defineErrors } from '@ninefold/base';
import { GATE, GATES } from '../spec/gates.ts';
import { MAX_CIRCUIT_TEXT, MAX_GATES, MAX_WIRES } from '../spec/limits.ts';
import { checkCircuit, type Circuit, gateWires } from './circuit.ts';

/*
 * The two text formats of circuits. Bristol fashion: a line `gates wires`, a line with the number of
 * inputs and the size of each, one of the outputs, then a gate a line. The older Bristol format has
 * one line `n1 n2 n3` with the sizes of two inputs and the output instead.
 */

type Position = { readonly line: number; readonly column: number };

const fail = defineErrors({
  BRISTOL_TOO_LONG: (c: { readonly length: number; readonly limit: number }) =>
    `A circuit file of ${c.length} characters is above the limit of ${c.limit}`,
  BRISTOL_TRUNCATED: (c: Position & { readonly expected: string }) =>
    `The circuit ends at line ${c.line}, column ${c.column}: expected ${c.expected}`,
  BRISTOL_INVALID_NUMBER: (c: Position & { readonly found: string }) =>
    `Line ${c.line}, column ${c.column}: expected a whole number below 2^32, got ${JSON.stringify(c.found)}`,
  BRISTOL_UNKNOWN_GATE: (c: Position & { readonly found: string }) =>
    `Line ${c.line}, column ${c.column}: no gate is called ${JSON.stringify(c.found)}`,
  BRISTOL_WRONG_ARITY: (c: Position & { readonly gate: string }) =>
    `Line ${c.line}, column ${c.column}: ${c.gate} has another number of wires`,
  BRISTOL_WRONG_HEADER: (c: Position & { readonly reason: string }) =>
    `Line ${c.line}, column ${c.column}: ${c.reason}`,
  BRISTOL_TRAILING_TEXT: (c: Position) =>
    `Line ${c.line}, column ${c.column}: more than the gates the first line announces`,
});

const NEWLINE = 0x0a;
const ZERO = 0x30;
const MAX_WORD = 40;

/** Reads words and numbers of a text and knows where it is. */
class Scanner {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the next word begins. */
  position(): Position {
    this.#skip(false);
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  /** Goes over blanks, and over ends of lines unless told to stay in the line. */
  #skip(inLine: boolean): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code > 0x20) return;
      if (code !== NEWLINE) continue;
      if (inLine) return;
      this.#line++;
      this.#lineStart = this.#at + 1;
    }
  }

  /** Whether the line has another word. */
  hasMore(): boolean {
    this.#skip(true);
    return this.#at < this.#text.length && this.#text.charCodeAt(this.#at) !== NEWLINE;
  }

  /** Whether the next line that is not empty has letters in it. */
  nextLineHasName(): boolean {
    this.#skip(false);
    const end = this.#text.indexOf('\n', this.#at);
    return /[A-Za-z]/.test(this.#text.slice(this.#at, end < 0 ? undefined : end));
  }

  isAtEnd(): boolean {
    this.#skip(false);
    return this.#at >= this.#text.length;
  }

  /** The next word's bounds are from here to the end it returns. */
  #wordEnd(expected: string): number {
    this.#skip(false);
    if (this.#at >= this.#text.length) throw fail('BRISTOL_TRUNCATED', { ...this.position(), expected });
    let end = this.#at;
    while (end < this.#text.length && this.#text.charCodeAt(end) > 0x20) end++;
    return end;
  }

  word(expected: string): string {
    const end = this.#wordEnd(expected);
    const word = this.#text.slice(this.#at, Math.min(end, this.#at + MAX_WORD));
    this.#at = end;
    return word;
  }

  number(expected: string): number {
    const end = this.#wordEnd(expected);
    let value = 0;
    for (let at = this.#at; at < end; at++) {
      const digit = this.#text.charCodeAt(at) - ZERO;
      value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
      if (!(value < 2 ** 32)) {
        const found = this.#text.slice(this.#at, Math.min(end, this.#at + MAX_WORD));
        throw fail('BRISTOL_INVALID_NUMBER', { ...this.position(), found });
      }
    }
    this.#at = end;
    return value;
  }
}

type Header = Pick<Circuit, 'inputs' | 'outputs'> & { readonly gates: number; readonly wires: number };

function readHeader(scanner: Scanner): Header {
  const start = scanner.position();
  const gates = scanner.number('the number of gates');
  const wires = scanner.number('the number of wires');
  if (gates > MAX_GATES || wires > MAX_WIRES) {
    const reason = `the limits are ${MAX_GATES} gates and ${MAX_WIRES} wires`;
    throw fail('BRISTOL_WRONG_HEADER', { ...start, reason });
  }
  const first = scanner.number('the inputs');
  const sizes: number[] = [];
  while (scanner.hasMore()) sizes.push(scanner.number('the size of an input'));
  const position = scanner.position();
  const tooMany = (counts: readonly number[]): boolean => counts.reduce((a, b) => a + b, 0) > wires;
  // In Bristol fashion the outputs come next; in the old format the gates do, which have a name.
  const isFashion = !scanner.nextLineHasName();
  if (!isFashion) {
    const [second, third] = sizes;
    if (sizes.length !== 2 || second === undefined || third === undefined) {
      const reason = `${first} inputs are announced, ${sizes.length} sizes are given`;
      throw fail('BRISTOL_WRONG_HEADER', { ...position, reason });
    }
    const inputs = [first, second].filter((size) => size > 0);
    if (tooMany([...inputs, third])) {
      throw fail('BRISTOL_WRONG_HEADER', { ...position, reason: 'more inputs and outputs than wires' });
    }
    return { gates, wires, inputs, outputs: [third] };
  }
  if (sizes.length !== first) {
    const reason = `${first} inputs are announced, ${sizes.length} sizes are given`;
    throw fail('BRISTOL_WRONG_HEADER', { ...position, reason });
  }
  const count = scanner.number('the outputs');
  const outputs: number[] = [];
  while (scanner.hasMore()) outputs.push(scanner.number('the size of an output'));
  if (outputs.length !== count) {
    const reason = `${count} outputs are announced, ${outputs.length} sizes are given`;
    throw fail('BRISTOL_WRONG_HEADER', { ...scanner.position(), reason });
  }
  if (tooMany(sizes) || tooMany(outputs)) {
    throw fail('BRISTOL_WRONG_HEADER', {
      ...scanner.position(),
      reason: 'more inputs or outputs than wires',
    });
  }
  return { gates, wires, inputs: sizes, outputs };
}

/** Gates of the formats that have a kind of their own here; EQ and MAND are made of others. */
const KINDS: ReadonlyMap<string, number> = new Map([
  ...GATES.filter(({ arity }) => arity > 0).map(({ name }) => [name, GATE[name]] as const),
  ['NOT', GATE.INV],
]);

/**
 * Reads a circuit in either format. `MAND` gates become as many `AND`s, `EQ` the constant it copies.
 *
 * @throws `BRISTOL_…` with line and column, `CIRCUIT_…` with gate and wire
 * @example parseBristol('1 3\n2 1 1\n1 1\n2 1 0 1 2 AND').outputs // [1]
 */
export function parseBristol(text: string): Circuit {
  if (text.length > MAX_CIRCUIT_TEXT) {
    throw fail('BRISTOL_TOO_LONG', { length: text.length, limit: MAX_CIRCUIT_TEXT });
  }
  const scanner = new Scanner(text);
  const { gates, wires, inputs, outputs } = readHeader(scanner);
  const columns = new Columns(gates);
  for (let i = 0; i < gates; i++) readGate(scanner, columns);
  if (!scanner.isAtEnd()) throw fail('BRISTOL_TRAILING_TEXT', scanner.position());
  return checkCircuit({ wireCount: wires, inputs, outputs, ...columns.finish() });
}

/** The gates read so far; the first line announces how many lines, and MAND makes several of one. */
class Columns {
  #kinds: Uint8Array;
  #wires: Uint32Array;
  #length = 0;

  constructor(capacity: number) {
    this.#kinds = new Uint8Array(capacity);
    this.#wires = new Uint32Array(3 * capacity);
  }

  add(kind: number, left: number, right: number, out: number): void {
    if (this.#length === this.#kinds.length) {
      const kinds = new Uint8Array(2 * this.#length + 1);
      kinds.set(this.#kinds);
      const wires = new Uint32Array(3 * kinds.length);
      wires.set(this.#wires);
      this.#kinds = kinds;
      this.#wires = wires;
    }
    const at = this.#length++;
    this.#kinds[at] = kind;
    this.#wires[3 * at] = left;
    this.#wires[3 * at + 1] = right;
    this.#wires[3 * at + 2] = out;
  }

  finish(): Pick<Circuit, 'kinds' | 'left' | 'right' | 'out'> {
    const count = this.#length;
    const column = (offset: number): Uint32Array =>
      Uint32Array.from({ length: count }, (_, gate) => this.#wires[3 * gate + offset] as number);
    return { kinds: this.#kinds.slice(0, count), left: column(0), right: column(1), out: column(2) };
  }
}

/** Most inputs and outputs of one line: what MAND needs for words of 2,048 bits. */
const MAX_GATE_WIRES = 4096;

function readGate(scanner: Scanner, columns: Columns): void {
  const reads = scanner.number('a gate');
  const drives = scanner.number('the number of outputs');
  const position = scanner.position();
  if (reads + drives > MAX_GATE_WIRES) {
    throw fail('BRISTOL_WRONG_ARITY', { ...position, gate: `a gate with ${reads} inputs` });
  }
  // Gates of one and two inputs, which nearly all are, need no list.
  const first = reads > 0 ? scanner.number('a wire') : 0;
  const second = reads > 1 ? scanner.number('a wire') : 0;
  if (reads > 2 || drives !== 1) return readWideGate(scanner, columns, [first, second], reads, drives);
  const out = scanner.number('a wire');
  const namePosition = scanner.position();
  const name = scanner.word('the name of a gate');
  const kind = KINDS.get(name);
  if (kind !== undefined && GATES[kind]?.arity === reads) return columns.add(kind, first, second, out);
  if (name === 'EQ' && reads === 1 && first < 2) {
    return columns.add(first === 1 ? GATE.CONST1 : GATE.CONST0, 0, 0, out);
  }
  if (name === 'MAND' && reads === 2) return columns.add(GATE.AND, first, second, out);
  if (kind === undefined && name !== 'EQ' && name !== 'MAND') {
    throw fail('BRISTOL_UNKNOWN_GATE', { ...namePosition, found: name });
  }
  throw fail('BRISTOL_WRONG_ARITY', { ...namePosition, gate: name });
}

/** `2n n a₁…aₙ b₁…bₙ c₁…cₙ MAND`. */
function readWideGate(
  scanner: Scanner,
  columns: Columns,
  head: readonly number[],
  reads: number,
  drives: number,
): void {
  const inputs = head.slice(0, reads);
  while (inputs.length < reads) inputs.push(scanner.number('a wire'));
  const outputs = Array.from({ length: drives }, () => scanner.number('a wire'));
  const position = scanner.position();
  const name = scanner.word('the name of a gate');
  if (name !== 'MAND' && !KINDS.has(name) && name !== 'EQ') {
    throw fail('BRISTOL_UNKNOWN_GATE', { ...position, found: name });
  }
  if (name !== 'MAND' || reads !== 2 * drives || drives === 0) {
    throw fail('BRISTOL_WRONG_ARITY', { ...position, gate: name });
  }
  outputs.forEach((out, i) => columns.add(GATE.AND, inputs[i] as number, inputs[drives + i] as number, out));
}

/**
 * The text of a circuit in Bristol fashion. NAND, OR, NOR and XNOR, which other programs may not know,
 * keep their names.
 */
export function formatBristol(circuit: Circuit): string {
  const { wireCount, inputs, outputs, kinds } = circuit;
  const lines = [
    `${kinds.length} ${wireCount}`,
    [inputs.length, ...inputs].join(' '),
    [outputs.length, ...outputs].join(' '),
    '',
  ];
  for (let gate = 0; gate < kinds.length; gate++) {
    const { name } = GATES[kinds[gate] as number] as (typeof GATES)[number];
    const wires = gateWires(circuit, gate);
    if (name === 'CONST0' || name === 'CONST1') {
      lines.push(`1 1 ${name === 'CONST1' ? 1 : 0} ${wires.join(' ')} EQ`);
    } else lines.push(`${wires.length - 1} 1 ${wires.join(' ')} ${name}`);
  }
  return `${lines.join('\n')}\n`;
}
