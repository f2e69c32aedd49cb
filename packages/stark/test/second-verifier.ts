import { blake2s } from '@noble/hashes/blake2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Machine, VerifyingKey } from '../src/index.ts';

// A verifier of its own: plain BigInt, another author's BLAKE2s, definitions instead of shortcuts. It shares
// only the machine's constraint graphs with the product and is kept as short as it can be. Slow by design.

const P = 2n ** 31n - 1n;
const mod = (a: bigint): bigint => ((a % P) + P) % P;
const power = (a: bigint, e: bigint): bigint =>
  e === 0n ? 1n : mod(power(mod(a * a), e / 2n) * (e % 2n === 1n ? a : 1n));

/** Coordinates over M31: first those without t, then those with it. */
type E = readonly bigint[];

/** M31[s, t] modulo s^d - c and t^2 - kappa(s). */
class Field {
  readonly degree: number;
  readonly #d: number;
  readonly #c: bigint;
  readonly #kappa: readonly bigint[];

  constructor(degree: number) {
    this.degree = degree;
    this.#d = degree / 2;
    [this.#c, this.#kappa] = degree === 4 ? [-1n, [2n, 1n]] : [5n, [-1n]];
  }

  from(a: bigint | number): E {
    return Array.from({ length: this.degree }, (_, i) => (i === 0 ? mod(BigInt(a)) : 0n));
  }

  add(...terms: readonly E[]): E {
    return this.from(0).map((_, i) => mod(terms.reduce((sum, term) => sum + term[i]!, 0n)));
  }

  neg(a: E): E {
    return a.map((x) => mod(-x));
  }

  sub(a: E, b: E): E {
    return this.add(a, this.neg(b));
  }

  mul(a: E, b: E): E {
    const product = new Array<bigint>(this.degree).fill(0n);
    const put = (s: number, t: number, value: bigint): void => {
      if (t === 2) this.#kappa.forEach((factor, i) => put(s + i, 0, value * factor));
      else if (s >= this.#d) put(s - this.#d, t, value * this.#c);
      else product[t * this.#d + s]! += value;
    };
    a.forEach((x, i) =>
      b.forEach((y, j) =>
        put((i % this.#d) + (j % this.#d), Math.floor(i / this.#d) + Math.floor(j / this.#d), x * y),
      ),
    );
    return product.map(mod);
  }

  pow(a: E, e: bigint): E {
    if (e === 0n) return this.from(1);
    const half = this.pow(a, e / 2n);
    const square = this.mul(half, half);
    return e % 2n === 1n ? this.mul(square, a) : square;
  }

  div(a: E, b: E): E {
    return this.mul(a, this.pow(b, P ** BigInt(this.degree) - 2n));
  }

  /** t to -t. */
  conjugate(a: E): E {
    return a.map((x, i) => (i < this.#d ? x : mod(-x)));
  }

  eq(a: E, b: E): boolean {
    return a.every((x, i) => x === b[i]);
  }
}

type Point = readonly [x: bigint, y: bigint];
const addPoints = ([x, y]: Point, [u, v]: Point): Point => [mod(x * u - y * v), mod(x * v + y * u)];
const times = (point: Point, n: bigint): Point =>
  n === 0n ? [1n, 0n] : addPoints(times(addPoints(point, point), n / 2n), n % 2n === 1n ? point : [1n, 0n]);
const generator = (log: number): Point => times([2n, 1268011823n], 2n ** BigInt(31 - log));
const reversed = (value: number, bits: number): number =>
  Number.parseInt([...value.toString(2).padStart(bits, '0')].reverse().join('') || '0', 2);

/** The point at a place in bit-reversed order: a half coset, then its conjugates. */
function pointAt(place: number, log: number): Point {
  const index = reversed(place, log);
  const half = 2 ** (log - 1);
  const [x, y] = addPoints(generator(log + 1), times(generator(log - 1), BigInt(index % half)));
  return index < half ? [x, y] : [x, mod(-y)];
}

const words = (bytes: Uint8Array): number[] => Array.from(new Uint32Array(bytes.slice().buffer));
type Hash = (kind: string, index: number, message: readonly number[]) => number[];
const tagOf = (kind: string): number => words(new TextEncoder().encode(kind))[0]!;

/** A hash of words for a purpose: BLAKE2s personalised, or Keccak of big-endian words behind the purpose's two. */
const HASHES: Readonly<Record<string, Hash>> = {
  blake2s: (kind, index, message) => {
    const personalization = new Uint8Array(Uint32Array.of(tagOf(kind), index).buffer);
    return words(blake2s(new Uint8Array(Uint32Array.from(message).buffer), { personalization }));
  },
  keccak256: (kind, index, message) => {
    const packed = new DataView(new ArrayBuffer(4 * (message.length + 2)));
    [tagOf(kind), index, ...message].forEach((word, i) => packed.setUint32(4 * i, word));
    const digest = new DataView(keccak_256(new Uint8Array(packed.buffer)).slice().buffer);
    return Array.from({ length: 8 }, (_, i) => digest.getUint32(4 * i));
  },
};

class Transcript {
  readonly #hash: Hash;
  state: number[] = [0, 0, 0, 0, 0, 0, 0, 0];
  #drawn = 0;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  absorb(kind: number, message: readonly number[]): void {
    this.state = this.#hash('absb', kind, [...this.state, message.length, ...message]);
    this.#drawn = 0;
  }

  *#words(): Generator<number> {
    for (;;) yield* this.#hash('sqze', this.#drawn++, this.state);
  }

  element(field: Field): E {
    const found: bigint[] = [];
    // A whole digest is drawn at a time: what is left of it is not used.
    for (const word of this.#words()) {
      if (BigInt(word) < 2n * P) found.push(BigInt(word) % P);
      if (found.length === field.degree) break;
    }
    return found;
  }

  indices(count: number, bits: number): number[] {
    const found: number[] = [];
    for (const word of this.#words()) {
      found.push(word % 2 ** bits);
      if (found.length === count) break;
    }
    return found;
  }

  work(bits: number, nonce: number): void {
    const ok =
      bits === 0 ? nonce === 0 : this.#hash('grnd', 0, [...this.state, nonce, 0])[0]! % 2 ** bits === 0;
    if (!ok) throw new Error('work');
    this.absorb(4, [nonce]);
  }
}

/** The proof's words, taken one after the other. */
class Words {
  readonly #list: readonly number[];
  #at = 0;

  constructor(bytes: Uint8Array) {
    if (bytes.length % 4 !== 0) throw new Error('length');
    this.#list = words(bytes);
  }

  take(count: number): number[] {
    if (this.#at + count > this.#list.length) throw new Error('end');
    return this.#list.slice(this.#at, (this.#at += count));
  }

  one(): number {
    return this.take(1)[0]!;
  }

  elements(count: number, degree: number): E[] {
    return Array.from({ length: count }, () => {
      const element = this.take(degree).map(BigInt);
      if (element.some((word) => word >= P)) throw new Error('canonical');
      return element;
    });
  }

  end(): void {
    if (this.#at !== this.#list.length) throw new Error('end');
  }
}

const TREES = ['preprocessed', 'main', 'interaction', 'composition'] as const;
type Tree = (typeof TREES)[number];
type Column = { readonly chip: number; readonly column: number; readonly log: number };
type Opened = { readonly tree: Tree; readonly place: number; readonly next: boolean };

/** Accepts, or throws something. */
export function secondVerify(
  key: VerifyingKey,
  publicValues: readonly (readonly number[])[],
  bytes: Uint8Array,
): void {
  const { machine, parameters: set } = key;
  const field = new Field(set.extensionDegree);
  const reader = new Words(bytes);
  const header = reader.take(5);
  if (header[0] !== 0x4b545339 || header[1] !== 3 || header[4] !== publicValues.length)
    throw new Error('header');
  if (header[2] !== ['p100', 'p128', 'evm', 'dev'].indexOf(set.name)) throw new Error('set');
  const segments = publicValues.map((values) => readSegment(reader, key, field, values));
  reader.end();

  const hash = HASHES[set.hash]!;
  const transcript = new Transcript(hash);
  for (const { heights, roots, values } of segments) {
    const fixed = Array.from(key.preprocessedRoot ?? []);
    const hashCode = ['blake2s', 'keccak256'].indexOf(set.hash);
    const parameters = [
      hashCode,
      set.extensionDegree,
      set.logBlowup,
      set.queries,
      set.queryGrinding,
      set.grinding,
    ];
    transcript.absorb(1, [
      header[2],
      ...parameters,
      set.maxFold,
      set.logFinal,
      ...key.machineDigest,
      fixed.length,
      ...fixed,
      values.length,
      ...values,
      ...heights,
      ...roots.main,
    ]);
  }
  transcript.absorb(2, [segments.length]);
  transcript.work(set.grinding, header[3]!);
  const [alpha, beta] =
    machine.buses.length > 0 ? [transcript.element(field), transcript.element(field)] : [];
  const betas = [field.from(1)];
  if (beta !== undefined) for (let i = 0; i < 32; i++) betas.push(field.mul(betas.at(-1)!, beta));

  let balance = field.from(0);
  segments.forEach((segment, i) => {
    const own = new Transcript(hash);
    own.state = transcript.state;
    own.absorb(3, [i]);
    verifySegment(key, field, segment, own, (index) => (index === 0 ? alpha! : betas[index]!));
    balance = field.add(balance, ...segment.claimed);
    for (const { bus, values, multiplicity } of machine.messages(segment.values)) {
      const terms = values.map((value, k) => field.mul(betas[k + 1]!, field.from(value)));
      const fingerprint = field.add(field.from(machine.buses.indexOf(bus) + 1), ...terms);
      balance = field.add(balance, field.div(field.from(multiplicity), field.sub(alpha!, fingerprint)));
    }
  });
  if (!field.eq(balance, field.from(0))) throw new Error('balance');
}

type Segment = ReturnType<typeof readSegment>;

// oxlint-disable-next-line typescript/explicit-function-return-type -- what is read is what it says
function readSegment(reader: Words, key: VerifyingKey, field: Field, values: readonly number[]) {
  const { machine, parameters: set, fixedLogHeights } = key;
  const { degree } = field;
  if (values.length !== machine.publicCount || values.some((value) => value < 0 || value >= Number(P))) {
    throw new Error('public values');
  }
  const heights = reader.take(machine.chips.length);
  const chips = machine.chips.flatMap((compiled, index) => {
    const height = heights[index]!;
    if (height === 0 && compiled.chip.optional) return [];
    if (height < 3 || height > 22 || (fixedLogHeights[index] ?? height) !== height) throw new Error('height');
    return [{ ...compiled, index, height }];
  });
  if (chips.length === 0) throw new Error('no tables');
  const talking = chips.filter(({ groups }) => groups.length > 0);
  const logs = [...new Set(chips.map(({ height }) => height + set.logBlowup))].sort((a, b) => b - a);
  const piecesOf = (log: number): number =>
    Math.max(...chips.map(({ height, logPieces }) => (height + set.logBlowup === log ? logPieces : 0)));
  const columns = (count: (chip: (typeof chips)[number]) => number): Column[] =>
    chips.flatMap((placed, chip) =>
      Array.from({ length: count(placed) }, (_, column) => ({
        chip,
        column,
        log: placed.height + set.logBlowup,
      })),
    );
  const trees: Record<Tree, Column[]> = {
    preprocessed: machine.chips.flatMap(({ chip }, index) =>
      chip.preprocessed.map((_, column) => ({
        chip: chips.findIndex((placed) => placed.index === index),
        column,
        log: fixedLogHeights[index]! + set.logBlowup,
      })),
    ),
    main: columns(({ chip }) => chip.main.length),
    interaction: columns(({ wideColumns }) => wideColumns * degree),
    // Of a height's chips together; whose they are is the height's place.
    composition: logs.flatMap((log, chip) =>
      Array.from({ length: 2 ** piecesOf(log) * degree }, (_, column) => ({ chip, column, log })),
    ),
  };
  const readNext = ({ chip, column }: Column, tree: Tree): boolean =>
    tree !== 'composition' &&
    usedNext(chips[chip]!).some((used) =>
      used.tree === 'wide'
        ? tree === 'interaction' && Math.floor(column / degree) === used.index
        : tree === used.tree && column === used.index,
    );
  const groups = logs.map((log) => ({
    log,
    openings: [false, true].flatMap((next) =>
      TREES.flatMap((tree) =>
        trees[tree].flatMap((column, place): Opened[] =>
          column.log === log && column.chip >= 0 && (!next || readNext(column, tree))
            ? [{ tree, place, next }]
            : [],
        ),
      ),
    ),
  }));
  const finalLog = Math.min(set.logFinal + set.logBlowup, logs.at(-1)! - 1);
  // Quotients are folded to lines of half their size, or to the first committed line if they are larger.
  const first = Math.max(logs[0]! - set.maxFold, finalLog);
  const lineLogs = logs.map((log) => Math.min(log - 1, first));
  const layers: { readonly log: number; readonly fold: number }[] = [];
  for (let log = first; log > finalLog; log -= layers.at(-1)!.fold) {
    layers.push({ log, fold: Math.min(set.maxFold, log - finalLog) });
  }
  // Each line but the first joins the smallest of those sizes that is not below its own.
  const stops = [...layers.map(({ log }) => log), finalLog];
  const joins = stops.map((stop) =>
    lineLogs.flatMap((line, g) => (g > 0 && stops.findLast((other) => other >= line) === stop ? [g] : [])),
  );

  const main = reader.take(8);
  const interaction = talking.length > 0 ? reader.take(8) : undefined;
  const claimed = reader.elements(talking.length, degree);
  const composition = reader.take(8);
  const opened = groups.map(({ openings }) => reader.elements(openings.length, degree));
  const quotient = reader.take(8);
  const folds = layers.map(() => reader.take(8));
  const final = reader.elements(2 ** (finalLog - set.logBlowup), degree);
  const nonces = reader.take(5 + layers.length);
  const roots = {
    preprocessed: key.preprocessedRoot && Array.from(key.preprocessedRoot),
    main,
    interaction,
    composition,
  };
  const count = TREES.filter((tree) => roots[tree] !== undefined).length + 1 + layers.length;
  const openings = Array.from({ length: count }, () => {
    const [size, siblings] = reader.take(2) as [number, number];
    return { values: reader.take(size), siblings: reader.take(siblings) };
  });
  return {
    values,
    heights,
    chips,
    talking,
    trees,
    groups,
    lineLogs,
    layers,
    joins,
    finalLog,
    roots,
    piecesOf,
    claimed,
    opened,
    quotient,
    folds,
    final,
    nonces,
    openings,
  };
}

/** Leaves of a chip's constraints in the next row. */
function usedNext({
  graph,
  constraints,
}: Machine['chips'][number]): readonly { readonly tree: string; readonly index: number }[] {
  const found: { readonly tree: string; readonly index: number }[] = [];
  const seen = new Set<number>();
  const visit = (id: number): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const node = graph.nodes[id]!;
    if (node.op === 'column' && node.offset === 1) found.push({ tree: node.tree, index: node.index });
    if (node.op === 'wide' && node.offset === 1) found.push({ tree: 'wide', index: node.index });
    if ('a' in node) visit(node.a);
    if ('b' in node) visit(node.b);
  };
  for (const { expression } of constraints) visit(expression);
  return found;
}

function verifySegment(
  { parameters: set }: VerifyingKey,
  field: Field,
  segment: Segment,
  transcript: Transcript,
  challenge: (index: number) => E,
): void {
  const { chips, trees, groups, lineLogs, layers, joins, roots, opened, talking, claimed } = segment;
  const { degree } = field;
  const flat = (elements: readonly E[]): number[] => elements.flat().map(Number);
  const nonces = [...segment.nonces];
  const work = (bits: number): void => transcript.work(bits, nonces.shift()!);

  if (roots.interaction !== undefined) transcript.absorb(5, roots.interaction);
  transcript.absorb(6, flat(claimed));
  work(set.grinding);
  const combination = transcript.element(field);
  transcript.absorb(7, roots.composition);
  work(set.grinding);
  const z = drawPoint(field, transcript);
  transcript.absorb(8, flat(opened.flat()));
  work(set.grinding);
  const batching = transcript.element(field);
  transcript.absorb(9, segment.quotient);
  work(set.grinding);
  const circleChallenge = transcript.element(field);
  // A join's factors are drawn before its line is committed to, its challenge after.
  const foldChallenges: E[] = [];
  const joinFactors = joins.map((joining, i) => {
    const factors = joining.map(() => transcript.element(field));
    if (i < layers.length) {
      transcript.absorb(9, segment.folds[i]!);
      work(set.grinding);
      foldChallenges.push(transcript.element(field));
    }
    return factors;
  });
  transcript.absorb(10, flat(segment.final));
  work(set.queryGrinding);
  const top = groups[0]!.log;
  const queries = transcript.indices(set.queries, top);

  // Constraints at the point.
  const valueOf = new Map<string, E>();
  groups.forEach(({ openings }, g) =>
    openings.forEach(({ tree, place, next }, i) => {
      const { chip, column } = trees[tree][place]!;
      valueOf.set(`${tree}/${chip}/${column}/${Number(next)}`, opened[g]![i]!);
    }),
  );
  const combinedBy = groups.map(() => ({ sum: field.from(0), weight: field.from(1) }));
  chips.forEach((placed, c) => {
    const { graph, constraints, height } = placed;
    const at = (tree: string, column: number, offset: number): E =>
      valueOf.get(`${tree}/${c}/${column}/${offset}`)!;
    const wide = (index: number, offset: number): E =>
      joined(
        field,
        Array.from({ length: degree }, (_, k) => at('interaction', index * degree + k, offset)),
      );
    const selector = (row: 'first' | 'last'): E => {
      // The Lagrange polynomial by its definition on the group: V(P) (1 + x') / y' over its limit at the row.
      const sign = row === 'first' ? 1n : -1n;
      const [ox, oy] = generator(height + 1);
      const by: Point = [ox, mod(-sign * oy)];
      const shifted = movedBy(field, z, by);
      const quotient = field.div(field.add(field.from(1), shifted.x), shifted.y);
      const scale = field.from(sign * power(2n ** BigInt(height), P - 2n));
      return field.mul(scale, field.mul(vanishingAt(field, z, height), quotient));
    };
    const memo = new Map<number, E>();
    const value = (id: number): E => {
      const known = memo.get(id);
      if (known !== undefined) return known;
      const node = graph.nodes[id]!;
      const compute = (): E => {
        switch (node.op) {
          case 'constant':
            return field.from(node.value);
          case 'column':
            return at(node.tree, node.index, node.offset);
          case 'wide':
            return wide(node.index, node.offset);
          case 'selector':
            return selector(node.row);
          case 'public':
            return field.from(segment.values[node.index]!);
          case 'challenge':
            return challenge(node.index);
          case 'share':
            return field.div(claimed[talking.indexOf(placed)]!, field.from(2n ** BigInt(height)));
          case 'add':
            return field.add(value(node.a), value(node.b));
          case 'sub':
            return field.sub(value(node.a), value(node.b));
          case 'mul':
            return field.mul(value(node.a), value(node.b));
          case 'neg':
            return field.neg(value(node.a));
        }
      };
      const computed = compute();
      memo.set(id, computed);
      return computed;
    };
    // All constraints of a height have powers of their own.
    const combined = combinedBy[groups.findIndex(({ log }) => log === height + set.logBlowup)]!;
    for (const { expression } of constraints) {
      combined.sum = field.add(combined.sum, field.mul(combined.weight, value(expression)));
      combined.weight = field.mul(combined.weight, combination);
    }
  });
  groups.forEach(({ log }, g) => {
    const vanishes = vanishingAt(field, z, log - set.logBlowup);
    // Piece p has the basis factors of p's bits: V, pi(V), …
    let quotient = field.from(0);
    for (let piece = 0; piece < 2 ** segment.piecesOf(log); piece++) {
      const coordinates = Array.from({ length: degree }, (_, k) =>
        valueOf.get(`composition/${g}/${piece * degree + k}/0`)!,
      );
      let term = joined(field, coordinates);
      let factor = vanishes;
      for (let rest = piece; rest > 0; rest = Math.floor(rest / 2)) {
        if (rest % 2 === 1) term = field.mul(term, factor);
        factor = doubled(field, factor);
      }
      quotient = field.add(quotient, term);
    }
    if (!field.eq(combinedBy[g]!.sum, field.mul(vanishes, quotient))) throw new Error('constraints');
  });

  // Openings, in the trees' order.
  const openings = [...segment.openings];
  const context = { hash: HASHES[set.hash]!, queries, top };
  const rows: Partial<Record<Tree, RowsAt>> = {};
  TREES.forEach((tree, i) => {
    const root = roots[tree];
    if (root === undefined) return;
    const opening = new Opening(openings.shift()!);
    const logs = trees[tree].map(({ log }) => log);
    const take = (log: number, places: readonly number[], width: number): readonly (readonly number[])[] =>
      columnRows(opening, log, set.logBlowup, places, width);
    rows[tree] = openTree(context, i + 1, root, logs, opening, take);
  });
  const element = (row: readonly number[], member: number): E =>
    row.slice(member * degree, (member + 1) * degree).map(BigInt);
  const foldPair = (a: E, b: E, w: bigint, by: E): E =>
    field.add(a, b, field.div(field.mul(by, field.sub(a, b)), field.from(w)));

  /** What is known of a place before its row is: the members that are not sent. */
  const openMembers = (
    id: number,
    root: readonly number[],
    parts: readonly { readonly log: number; readonly fold: number; readonly known: (place: number) => E }[],
  ): RowsAt => {
    const opening = new Opening(openings.shift()!);
    const logs = parts.flatMap(({ log, fold }) => new Array<number>(2 ** fold * degree).fill(log - fold));
    return openTree(context, id, root, logs, opening, (depth, places) =>
      places.map((place) =>
        parts.flatMap(({ log, fold, known }) => {
          if (log - fold !== depth) return [];
          return Array.from({ length: 2 ** fold }, (_, m) => place * 2 ** fold + m).flatMap((member) =>
            queries.some((query) => Math.floor(query / 2 ** (top - log)) === member)
              ? known(member).map(Number)
              : opening.values(degree),
          );
        }),
      ),
    );
  };
  const quotientAt = (g: number, place: number): E => {
    const { log, openings: list } = groups[g]!;
    const [x, y] = pointAt(place, log);
    const query = place * 2 ** (top - log);
    let expected = field.from(0);
    let weight = field.from(1);
    list.forEach(({ tree, place: column, next }, i) => {
      const at = next ? movedBy(field, z, generator(log - set.logBlowup)) : z;
      const position = trees[tree].slice(0, column).filter((other) => other.log === log).length;
      const cell = BigInt(rows[tree]!(log, query)[position]!);
      const quotient = pairQuotient(field, at, opened[g]![i]!, field.from(cell), x, y);
      expected = field.add(expected, field.mul(weight, quotient));
      weight = field.mul(weight, batching);
    });
    return expected;
  };
  /** Folds the members of one row, by a challenge and its squares; a circle's places are conjugates first. */
  const foldMembers = (list: readonly E[], row: number, log: number, isCircle: boolean, challenge: E): E => {
    let [members, size, by, circle] = [list, log, challenge, isCircle];
    while (members.length > 1) {
      const before = members;
      const factorAt = (m: number): bigint => {
        const place = row * before.length + 2 * m;
        return circle ? pointAt(place, size)[1] : pointAt(2 * place, size + 1)[0];
      };
      members = Array.from({ length: before.length / 2 }, (_, m) =>
        foldPair(before[2 * m]!, before[2 * m + 1]!, factorAt(m), by),
      );
      [size, by, circle] = [size - 1, field.mul(by, by), false];
    }
    return members[0]!;
  };
  const elements = (row: readonly number[], from: number, count: number): E[] =>
    Array.from({ length: count }, (_, m) => element(row, from + m));

  const quotientParts = groups.map(({ log }, g) => ({
    log,
    fold: log - lineLogs[g]!,
    known: (place: number): E => quotientAt(g, place),
  }));
  const quotientRows = openMembers(5, segment.quotient, quotientParts);
  const groupLine = (g: number, place: number): E => {
    const { log, fold } = quotientParts[g]!;
    const before = quotientParts
      .slice(0, g)
      .reduce((sum, other) => sum + (other.log - other.fold === log - fold ? 2 ** other.fold : 0), 0);
    const row = quotientRows(log - fold, place * 2 ** (top - log + fold));
    return foldMembers(elements(row, before, 2 ** fold), place, log, true, circleChallenge);
  };
  /** The line before layer i, or the last one, with what joins it. */
  const lineAt = (i: number, place: number): E => {
    const log = layers[i]?.log ?? segment.finalLog;
    const above = layers[i - 1];
    const own =
      above === undefined
        ? groupLine(0, place)
        : foldMembers(
            elements(foldRows[i - 1]!(log, place * 2 ** (top - log)), 0, 2 ** above.fold),
            place,
            above.log,
            false,
            foldChallenges[i - 1]!,
          );
    return field.add(
      own,
      ...joins[i]!.map((g, j) =>
        field.mul(joinFactors[i]![j]!, groupLine(g, Math.floor(place / 2 ** (log - lineLogs[g]!)))),
      ),
    );
  };
  const foldRows: RowsAt[] = [];
  layers.forEach(({ log, fold }, i) => {
    const part = { log, fold, known: (place: number): E => lineAt(i, place) };
    foldRows.push(openMembers(16 + i, segment.folds[i]!, [part]));
  });

  for (const query of queries) {
    const place = Math.floor(query / 2 ** (top - segment.finalLog));
    // The final polynomial term by term: bit k of an index stands for pi^k(x).
    const factors = [field.from(pointAt(2 * place, segment.finalLog + 1)[0])];
    while (2 ** factors.length < segment.final.length) factors.push(doubled(field, factors.at(-1)!));
    const expected = segment.final.map((coefficient, i) =>
      factors.reduce(
        (term, factor, k) => (Math.floor(i / 2 ** k) % 2 === 1 ? field.mul(term, factor) : term),
        coefficient,
      ),
    );
    if (!field.eq(lineAt(layers.length, place), field.add(...expected))) throw new Error('final polynomial');
  }
}

/** A polynomial over E from its coordinates, which are polynomials over M31. */
const joined = (field: Field, coordinates: readonly E[]): E =>
  field.add(
    ...coordinates.map((coordinate, k) =>
      field.mul(
        field.from(0).map((_, i) => (i === k ? 1n : 0n)),
        coordinate,
      ),
    ),
  );

/** What vanishes on a trace: pi applied to x, once less than its height's logarithm. */
function vanishingAt(field: Field, { x }: ExtPoint, height: number): E {
  let value = x;
  for (let i = 1; i < height; i++) value = doubled(field, value);
  return value;
}

type ExtPoint = { readonly x: E; readonly y: E };

const doubled = (field: Field, x: E): E =>
  field.sub(field.mul(field.from(2), field.mul(x, x)), field.from(1));

function movedBy(field: Field, { x, y }: ExtPoint, [u, v]: Point): ExtPoint {
  return {
    x: field.sub(field.mul(x, field.from(u)), field.mul(y, field.from(v))),
    y: field.add(field.mul(x, field.from(v)), field.mul(y, field.from(u))),
  };
}

function drawPoint(field: Field, transcript: Transcript): ExtPoint {
  for (;;) {
    const t = transcript.element(field);
    const square = field.mul(t, t);
    const below = field.add(field.from(1), square);
    if (field.eq(below, field.from(0))) continue;
    const x = field.div(field.sub(field.from(1), square), below);
    const y = field.div(field.add(t, t), below);
    if (!field.eq(x, field.conjugate(x)) && !field.eq(y, field.conjugate(y))) return { x, y };
  }
}

/** (f - line through the two values) / (line through the two points), scaled so that it lies in B. */
function pairQuotient(field: Field, z: ExtPoint, v: E, f: E, x: bigint, y: bigint): E {
  const [zx, zy, w] = [field.conjugate(z.x), field.conjugate(z.y), field.conjugate(v)];
  const dx = field.sub(field.from(x), z.x);
  const dy = field.sub(field.from(y), z.y);
  const rise = field.div(field.sub(w, v), field.sub(zy, z.y));
  const numerator = field.sub(field.sub(f, v), field.mul(rise, dy));
  const line = field.sub(field.mul(field.sub(zy, z.y), dx), field.mul(field.sub(zx, z.x), dy));
  const minusTwoT = field.from(0).map((_, i) => (i === field.degree / 2 ? P - 2n : 0n));
  return field.div(field.mul(numerator, minusTwoT), line);
}

/** The row of a height that a query falls on. */
type RowsAt = (log: number, query: number) => readonly number[];

/** An opening's words, taken one after the other. */
class Opening {
  readonly #values: number[];
  readonly #siblings: number[];

  constructor({
    values,
    siblings,
  }: {
    readonly values: readonly number[];
    readonly siblings: readonly number[];
  }) {
    if (values.some((word) => word >= Number(P))) throw new Error('canonical');
    this.#values = [...values];
    this.#siblings = [...siblings];
  }

  values(count: number): number[] {
    const taken = this.#values.splice(0, count);
    if (taken.length !== count) throw new Error('values');
    return taken;
  }

  digest(): number[] {
    const taken = this.#siblings.splice(0, 8);
    if (taken.length !== 8) throw new Error('siblings');
    return taken;
  }

  end(): void {
    if (this.#values.length + this.#siblings.length > 0) throw new Error('left over');
  }
}

/** Rows of columns at places: as they are sent, or as they follow from the first ones of a short trace. */
function columnRows(
  opening: Opening,
  log: number,
  logBlowup: number,
  places: readonly number[],
  width: number,
): readonly (readonly number[])[] {
  const height = 2 ** (log - logBlowup);
  if (9 * height > 8 * places.length) return places.map(() => opening.values(width));
  const sent = Array.from({ length: height }, () => opening.values(width).map(BigInt));
  return places.map((place) => {
    // What folding does, with the place's own factors as challenges: f(P) = (a + b) / 2 + t(P) (a - b) / 2 t.
    let rows: readonly (readonly bigint[])[] = sent;
    for (let level = 0; rows.length > 1; level++) {
      const above = rows;
      const own = factorOf(place, log, level);
      rows = Array.from({ length: above.length / 2 }, (_, m) => {
        const slope = mod(own * power(factorOf(2 * m * 2 ** level, log, level), P - 2n));
        return above[2 * m]!.map((a, column) => {
          const b = above[2 * m + 1]![column]!;
          return mod((a + b + (a - b) * slope) * 2n ** 30n);
        });
      });
    }
    return rows[0]!.map(Number);
  });
}

/** y, x, pi(x), … at a place of a circle domain. */
function factorOf(place: number, log: number, level: number): bigint {
  const [x, y] = pointAt(place, log);
  if (level === 0) return y;
  let value = x;
  for (let i = 1; i < level; i++) value = mod(2n * value * value - 1n);
  return value;
}

function openTree(
  { hash, queries, top }: { readonly hash: Hash; readonly queries: readonly number[]; readonly top: number },
  id: number,
  root: readonly number[],
  logs: readonly number[],
  opening: Opening,
  take: (log: number, places: readonly number[], width: number) => readonly (readonly number[])[],
): RowsAt {
  const rows = new Map<string, readonly number[]>();
  const height = Math.max(...logs);
  const rowOf = (query: number, depth: number): number => Math.floor(query * 2 ** (depth - top));
  let below = new Map<number, readonly number[]>();
  for (let depth = height; depth >= 0; depth--) {
    const width = logs.filter((log) => log === depth).length;
    const here = new Map<number, readonly number[]>();
    const places = [...new Set(queries.map((query) => rowOf(query, depth)))].sort((a, b) => a - b);
    const taken = width > 0 ? take(depth, places, width) : [];
    places.forEach((row, i) => {
      const children =
        depth < height ? [2 * row, 2 * row + 1].flatMap((child) => below.get(child) ?? opening.digest()) : [];
      const cells = taken[i] ?? [];
      rows.set(`${depth}/${row}`, cells);
      const kind = depth === height ? 'leaf' : width > 0 ? 'join' : 'node';
      here.set(row, hash(kind, id, [...children, ...cells]));
    });
    below = here;
  }
  opening.end();
  if (below.get(0)!.some((word, i) => word !== root[i])) throw new Error('root');
  return (log, query) => rows.get(`${log}/${rowOf(query, log)}`)!;
}
