import { defineBus, defineChip } from './air/chip.ts';
import type { Machine } from './air/machine.ts';
import type { Attack } from './air/mutate.ts';
import { defineMachine } from './air/machine.ts';
import type { Trace } from './air/trace.ts';
import { createTable } from './air/trace.ts';
import { addM31, subM31 } from './field/m31.ts';

// Small machines that show each part of the framework: what a definition looks like, and something to prove
// for tests, the mutation report and benchmarks.

/** A machine with a trace that satisfies it. */
export type Sample = {
  readonly machine: Machine;
  readonly trace: Trace;
  readonly fixed: Trace;
  readonly publicValues: readonly number[];
  /** Wrong traces that some rule alone refuses, where that takes more than the mutation harness finds itself. */
  readonly attacks: Readonly<Record<string, Attack>>;
};

/** A copy of a trace whose cells can be changed. */
export function cloneTrace(trace: Trace): Trace {
  return Object.fromEntries(
    Object.entries(trace).map(([name, { logHeight, columns }]) => [
      name,
      { logHeight, columns: columns.map((column) => column.slice()) },
    ]),
  );
}

/** The trace with two rows of a table in each other's place. */
function withRowsExchanged(trace: Trace, chip: string, a: number, b: number): Trace {
  const exchanged = cloneTrace(trace);
  for (const column of exchanged[chip]!.columns) [column[a], column[b]] = [column[b]!, column[a]!];
  return exchanged;
}

/** One chip, no buses: a, b -> b, a + b, with the first two values and the last one public. */
export function fibonacci(logHeight: number = 4): Sample {
  const chip = defineChip('fibonacci', (air) => {
    const [a, b] = [air.column('a'), air.column('b')];
    air.when(air.isFirst, () => {
      air.assertEqual('first a', a, air.public(0));
      air.assertEqual('first b', b, air.public(1));
    });
    air.when(air.isTransition, () => {
      air.assertEqual('a takes b', a.next(), b);
      air.assertEqual('b takes the sum', b.next(), a.add(b));
    });
    air.when(air.isLast, () => air.assertEqual('result', b, air.public(2)));
  });
  const table = createTable(chip, logHeight);
  let [a, b] = [0, 1];
  for (let row = 0; row < 2 ** logHeight; row++) {
    table.column('a')[row] = a;
    table.column('b')[row] = b;
    if (row < 2 ** logHeight - 1) [a, b] = [b, addM31(a, b)];
  }
  return {
    machine: defineMachine({ name: 'fibonacci', chips: [chip], publicCount: 3 }),
    trace: { fibonacci: table },
    fixed: {},
    publicValues: [0, 1, b],
    attacks: {},
  };
}

/** Rows of a word split into two digits, looked up in a fixed table of another height. */
export function rangeCheck(logHeight: number = 3, logTable: number = 4): Sample {
  const digits = defineBus('digits', 1);
  const base = 2 ** logTable;
  const words = defineChip('words', (air) => {
    const [word, low, high] = [air.column('word'), air.column('low'), air.column('high')];
    const real = air.flag('real');
    air.assertEqual('the digits are the word', word, high.mul(base).add(low));
    air.when(real.not(), () => {
      air.assertZero('padding is zero', word);
      air.assertZero('padding digit is zero', high);
    });
    air.when(air.isTransition, () => air.assertZero('padding comes last', real.not().mul(real.next())));
    air.send(digits, [low], real);
    air.send(digits, [high], real);
  });
  const table = defineChip('table', (air) => {
    const digit = air.preprocessed('digit');
    air.receive(digits, [digit], air.column('count'));
  });
  const rows = createTable(words, logHeight);
  const counts = createTable(table, logTable);
  const fixed = createTable(table, logTable, 'preprocessed');
  for (let i = 0; i < base; i++) fixed.column('digit')[i] = i;
  for (let row = 0; row < 2 ** logHeight - 2; row++) {
    const word = (row * 37 + 5) % (base * base);
    rows.column('word')[row] = word;
    rows.column('low')[row] = word % base;
    rows.column('high')[row] = Math.floor(word / base);
    rows.column('real')[row] = 1;
    for (const digit of [word % base, Math.floor(word / base)]) counts.column('count')[digit]!++;
  }
  return {
    machine: defineMachine({ name: 'range', chips: [words, table] }),
    trace: { words: rows, table: counts },
    fixed: { table: fixed },
    publicValues: [],
    attacks: {},
  };
}

/** Addresses of the memory sample's cells. */
const ADDRESSES: readonly number[] = [1, 3, 4, 9, 12, 20, 21, 27];

/**
 * Offline memory checking, of counters: each access takes the cell's last (time, value) off the bus, reads it or
 * adds one, and puts it back with the new time, with a range check of the time between; one chip begins and ends
 * every address. No row is padding: there are as many accesses and addresses as the tables have rows.
 */
export function memory(logHeight: number = 4): Sample {
  const cells = defineBus('memory', 3);
  const gaps = defineBus('gap', 1);
  const logTable = Math.max(5, logHeight);
  const access = defineChip('access', (air) => {
    const [address, value, time] = [air.column('address'), air.column('value'), air.column('time')];
    const [lastValue, lastTime] = [air.column('lastValue'), air.column('lastTime')];
    const read = air.flag('read');
    air.assertEqual('reads or adds one', value, lastValue.add(read.not()));
    air.when(air.isTransition, () => air.assertEqual('time goes on', time.next(), time.add(1)));
    air.receive(cells, [address, lastTime, lastValue]);
    air.send(cells, [address, time, value]);
    air.send(gaps, [time.sub(lastTime).sub(1)]);
  });
  const ends = defineChip('ends', (air) => {
    const [address, value, time] = [air.column('address'), air.column('value'), air.column('time')];
    air.send(cells, [address, 0, 0]);
    air.receive(cells, [address, time, value]);
    // Addresses strictly increase, so that none begins twice.
    air.send(gaps, [address.next().sub(address).sub(1)], air.isTransition);
  });
  const table = defineChip('gaps', (air) => {
    air.receive(gaps, [air.preprocessed('gap')], air.column('count'));
  });
  const rows = createTable(access, logHeight);
  const edges = createTable(ends, Math.log2(ADDRESSES.length));
  const counts = createTable(table, logTable);
  const fixed = createTable(table, logTable, 'preprocessed');
  for (let i = 0; i < 2 ** logTable; i++) fixed.column('gap')[i] = i;

  const state = new Map(ADDRESSES.map((address) => [address, { time: 0, value: 0 }]));
  for (let row = 0; row < 2 ** logHeight; row++) {
    const address = ADDRESSES[(5 * row) % ADDRESSES.length]!;
    const cell = state.get(address)!;
    const time = row + 1;
    const read = row % 3 === 1;
    const value = cell.value + (read ? 0 : 1);
    for (const [name, entry] of Object.entries({
      address,
      value,
      time,
      lastValue: cell.value,
      lastTime: cell.time,
      read: Number(read),
    })) {
      rows.column(name)[row] = entry;
    }
    counts.column('count')[time - cell.time - 1]!++;
    state.set(address, { time, value });
  }
  ADDRESSES.forEach((address, row) => {
    for (const [name, entry] of Object.entries({ address, ...state.get(address)! })) {
      edges.column(name)[row] = entry;
    }
    const next = ADDRESSES[row + 1];
    if (next !== undefined) counts.column('count')[next - address - 1]!++;
  });
  const trace: Trace = { access: rows, ends: edges, gaps: counts };
  return {
    machine: defineMachine({ name: 'memory', chips: [access, ends, table] }),
    trace,
    fixed: { gaps: fixed },
    publicValues: [],
    attacks: {
      'accesses out of order': { trace: withRowsExchanged(trace, 'access', 1, 2) },
      'a counter that goes down': { trace: withCounterDown(trace) },
    },
  };
}

/** The last access neither reads nor adds one: its flag says 2, which takes one away. */
function withCounterDown(trace: Trace): Trace {
  const wrong = cloneTrace(trace);
  const [addresses, values, , lastValues, , reads] = wrong['access']!.columns as Uint32Array[];
  const [cells, ends] = wrong['ends']!.columns as Uint32Array[];
  const last = addresses!.length - 1;
  const value = subM31(lastValues![last]!, 1);
  reads![last] = 2;
  values![last] = value;
  ends![cells!.indexOf(addresses![last]!)] = value;
  return wrong;
}

/** A state that walks on a bus from a public begin to a public end, in an optional helper chip's company. */
export function walk(logHeight: number = 3): Sample {
  const states = defineBus('state', 2);
  const steps = defineChip('steps', (air) => {
    const [time, value] = [air.column('time'), air.column('value')];
    air.receive(states, [time, value]);
    air.send(states, [time.add(1), value.mul(2).add(1)]);
    air.when(air.isTransition, () => air.assertEqual('in order', time.next(), time.add(1)));
  });
  const spare = defineChip(
    'spare',
    (air) => {
      const square = air.column('square');
      air.assertZero('nothing to do', square);
    },
    { optional: true },
  );
  const table = createTable(steps, logHeight);
  const count = 2 ** logHeight;
  let value = 3;
  for (let row = 0; row < count; row++) {
    table.column('time')[row] = row;
    table.column('value')[row] = value;
    value = addM31(addM31(value, value), 1);
  }
  return {
    machine: defineMachine({
      name: 'walk',
      chips: [steps, spare],
      publicCount: 3,
      messages: ([begin, count, end]) => [
        { bus: states, values: [0, begin!], multiplicity: 1 },
        { bus: states, values: [count!, end!], multiplicity: -1 },
      ],
    }),
    trace: { steps: table },
    fixed: {},
    publicValues: [3, count, value],
    attacks: { 'steps out of order': { trace: withRowsExchanged({ steps: table }, 'steps', 1, 2) } },
  };
}

/** All samples by name: `SAMPLES.memory()` is a machine with a trace that satisfies it. */
export const SAMPLES: {
  readonly fibonacci: (logHeight?: number) => Sample;
  readonly rangeCheck: (logHeight?: number, logTable?: number) => Sample;
  readonly memory: (logHeight?: number) => Sample;
  readonly walk: (logHeight?: number) => Sample;
} = { fibonacci, rangeCheck, memory, walk };
