import type { FunctionBuilder, ModuleBuilder } from '@ninefold/wasm';
import { createModule } from '@ninefold/wasm';
import type { ExtensionField } from '../field/extension.ts';
import { P } from '../field/m31.ts';
import type { Graph, Node } from './expression.ts';
import { reachable } from './expression.ts';
import type { CompiledChip } from './logup.ts';
import type { SlotTable } from './slots.ts';

// Constraints as WebAssembly. A function has a loop over rows, four at a time, and evaluates a few
// constraints (or one fraction of the lookup argument) there. Each is kept small: one loop over all
// constraints would not fit the instruction cache, which costs a factor of two. Two functions are exported,
// which run the others over one tile of rows after the other, while its values are cached:
//
//   constraints(pointers, scalars, start, end): columns are at the addresses in `pointers`, in the order of
//   the slots, then the result columns and the byte offsets of the places one row further; rows from byte
//   `start` to byte `end`; scalars are the slot table's words, and behind them the doubled coefficients.
//
//   fractions(pointers, scalars, targets, targetStride, total, totalStride, start, end): columns are in trace
//   order, those of the next row four bytes on; the quotients of all groups follow each other at `targets`.

/** Work of one function, in products of M31: about eight KiB of machine code. */
const MAX_WEIGHT = 120;

/** Bytes of a column that are worked on together, which is what `addFraction` takes at most. */
const TILE_BYTES = 1024;

/** The generated functions of a chip; numbers are addresses, byte strides and byte positions in a column. */
export type ChipCode = {
  /** Adds coefficient · constraint over all constraints to the `degree` result columns. */
  readonly constraints: (pointers: number, scalars: number, start: number, end: number) => void;
  /** Writes the fractions of all groups and adds them to the columns of their total. */
  readonly fractions: (
    pointers: number,
    scalars: number,
    targets: number,
    targetStride: number,
    total: number,
    totalStride: number,
    start: number,
    end: number,
  ) => void;
};

/** What generated code imports besides the memory: kernel function and scratch region of its thread. */
export const CHIP_IMPORTS = { addFraction: 'addFraction', scratch: 'scratch' } as const;

/**
 * The module's bytes, for `instantiateChip` and for tests that look at them.
 *
 * @param isShared whether the memory is shared by threads
 */
export function emitChip(
  compiled: CompiledChip,
  table: SlotTable,
  field: ExtensionField,
  isShared: boolean = false,
): Uint8Array<ArrayBuffer> {
  const module = createModule();
  module.importMemory('env', 'memory', isShared ? { min: 1, max: MAX_PAGES, shared: true } : { min: 1 });
  const addFraction = module.importFunction(
    'env',
    CHIP_IMPORTS.addFraction,
    module.type(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], []),
  );
  const scratch = module.importGlobal('env', CHIP_IMPORTS.scratch, { type: 'i32', mutable: false });
  const rows = module.type(['i32', 'i32', 'i32', 'i32'], []);
  const runs = splitConstraints(compiled, field.degree).map((indices, i) => {
    const emitter = new RowEmitter(module, rows, `constraints${i}`, compiled.graph, table, field);
    emitter.emitConstraints(
      indices.map((index) => ({
        node: compiled.constraints[index]?.expression as number,
        coefficient: 4 * (table.coefficients + index * field.degree),
      })),
    );
    return emitter.f.index;
  });
  const outputs = module.type(['i32', 'i32', 'i32', 'i32', 'i32'], []);
  const groups = compiled.groups.map(({ numerator, denominator }, i) => {
    const emitter = new RowEmitter(module, outputs, `fraction${i}`, compiled.graph, table, field);
    emitter.emitFraction(numerator, denominator);
    return emitter.f.index;
  });
  const constraints = module.func(rows, 'constraints');
  emitTiles(constraints, 2, 3, (end) => {
    for (const run of runs) constraints.local_get(0).local_get(1).local_get(2).local_get(end).call(run);
  });
  module.export('constraints', 'func', constraints.index);
  const fractions = module.func(module.type(new Array<'i32'>(8).fill('i32'), []), 'fractions');
  emitFractionTiles(fractions, groups, { addFraction, scratch, degree: field.degree });
  module.export('fractions', 'func', fractions.index);
  return module.encode();
}

/** Pages of a shared memory at most: it is declared with its maximum. */
const MAX_PAGES = 65_536;

/** A loop over the tiles from local `start`, which is moved on, to `end`; `body` is given the tile's end. */
function emitTiles(f: FunctionBuilder, start: number, end: number, body: (tileEnd: number) => void): void {
  const tileEnd = f.local('i32', 'tileEnd');
  const done = f.block();
  const top = f.loop();
  f.local_get(start).local_get(end).i32_ge_u().br_if(done);
  f.local_get(start).i32_const(TILE_BYTES).i32_add().local_tee(tileEnd).local_get(end);
  f.local_get(tileEnd).local_get(end).i32_lt_u().select().local_set(tileEnd);
  body(tileEnd);
  f.local_get(tileEnd).local_set(start).br(top);
  f.end().end();
}

/** Each group's numerators and denominators into the scratch region, then their quotients. */
function emitFractionTiles(
  f: FunctionBuilder,
  groups: readonly number[],
  {
    addFraction,
    scratch,
    degree,
  }: { readonly addFraction: number; readonly scratch: number; readonly degree: number },
): void {
  const [pointers, scalars, targets, targetStride, total, totalStride, start, end] = [0, 1, 2, 3, 4, 5, 6, 7];
  const target = f.local('i32', 'target');
  emitTiles(f, start, end, (tileEnd) => {
    f.local_get(targets).local_get(start).i32_add().local_set(target);
    for (const fraction of groups) {
      f.local_get(pointers).local_get(scalars).local_get(start).local_get(tileEnd);
      f.global_get(scratch).local_get(start).i32_sub().call(fraction);
      f.local_get(target).local_get(targetStride);
      f.local_get(total).local_get(start).i32_add().local_get(totalStride);
      f.global_get(scratch).local_get(tileEnd).local_get(start).i32_sub().i32_const(2).i32_shr_u();
      f.call(addFraction);
      f.local_get(target).local_get(targetStride).i32_const(degree).i32_mul().i32_add().local_set(target);
    }
  });
}

/** Constraints in order, cut into runs of bounded work. */
function splitConstraints({ graph, constraints }: CompiledChip, degree: number): number[][] {
  const runs: number[][] = [];
  let weight = Infinity;
  constraints.forEach(({ expression }, index) => {
    let own = degree;
    for (const id of reachable(graph, [expression])) {
      if (graph.nodes[id]?.op === 'mul') own += graph.wide[id] ? (3 * degree * degree) / 4 : 1;
    }
    if (weight + own > MAX_WEIGHT) {
      runs.push([]);
      weight = 0;
    }
    weight += own;
    runs.at(-1)?.push(index);
  });
  return runs;
}

const POINTERS = 0;
const SCALARS = 1;
const ROW = 2;
const END = 3;
/** Of a fraction: where its tile's results go, less `ROW`. */
const OUT = 4;

/** Writes one function: values of M31 are on the stack, elements of E in locals. */
class RowEmitter {
  readonly f: FunctionBuilder;
  readonly #graph: Graph;
  readonly #table: SlotTable;
  readonly #field: ExtensionField;
  /** Uses of each node in this function. */
  #uses: Map<number, number> = new Map();
  /** Locals of nodes that are computed already. */
  readonly #single: Map<number, number> = new Map();
  readonly #wide: Map<number, readonly number[]> = new Map();
  readonly #pointers: Map<number, number> = new Map();
  /** Locals with the byte offsets of the next rows' places, when values of them are gathered. */
  #offsets: readonly number[] = [];
  readonly #modulus: number;
  readonly #a: number;
  readonly #b: number;
  readonly #low: number;
  readonly #high: number;

  constructor(
    module: ModuleBuilder,
    type: number,
    name: string,
    graph: Graph,
    table: SlotTable,
    field: ExtensionField,
  ) {
    this.f = module.func(type, name);
    this.#graph = graph;
    this.#table = table;
    this.#field = field;
    this.#modulus = this.f.local('v128', 'p');
    this.#a = this.f.local('v128');
    this.#b = this.f.local('v128');
    this.#low = this.f.local('v128');
    this.#high = this.f.local('v128');
  }

  emitConstraints(constraints: readonly { readonly node: number; readonly coefficient: number }[]): void {
    const { f } = this;
    const { degree } = this.#field;
    this.#begin(
      constraints.map(({ node }) => node),
      degree,
    );
    const sums = this.#locals(degree);
    const next = this.#gatherNext();
    this.#loop(() => {
      next();
      for (const sum of sums) f.i32_const(0).i32x4_splat().local_set(sum);
      for (const { node, coefficient } of constraints) {
        if (this.#graph.wide[node]) {
          const value = this.#emitWide(node);
          // Coefficients are stored doubled, for the products by one word.
          const factor = this.#locals(degree);
          factor.forEach((local, k) => {
            this.#splat(coefficient + 4 * k);
            f.i32_const(1).i32x4_shr_u().local_set(local);
          });
          const product = this.#mulWide(value, factor);
          sums.forEach((sum, k) => {
            f.local_get(sum).local_get(product[k] as number);
            this.#add();
            f.local_set(sum);
          });
        } else {
          const value = f.local('v128');
          this.#emit(node);
          f.local_set(value);
          sums.forEach((sum, k) => {
            f.local_get(value);
            this.#splat(coefficient + 4 * k);
            this.#mulDoubled();
            f.local_get(sum);
            this.#add();
            f.local_set(sum);
          });
        }
      }
      sums.forEach((sum, k) => {
        this.#resultAddress(k);
        this.#resultAddress(k);
        f.v128_load(0, 2).local_get(sum);
        this.#add();
        f.v128_store(0, 2);
      });
    });
  }

  /** Writes the coordinates of two elements of E, `TILE_BYTES` apart. */
  emitFraction(numerator: number, denominator: number): void {
    const { f } = this;
    const { degree } = this.#field;
    this.#begin([numerator, denominator], 0);
    this.#loop(() => {
      [numerator, denominator].forEach((node, n) => {
        this.#emitWide(node).forEach((local, k) => {
          f.local_get(OUT).local_get(ROW).i32_add().local_get(local);
          f.v128_store((n * degree + k) * TILE_BYTES, 2);
        });
      });
    });
  }

  /** Counts uses and loads the addresses of all columns that the nodes read. */
  #begin(roots: readonly number[], results: number): void {
    const { f } = this;
    const count = (id: number): void => void this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
    roots.forEach(count);
    const slots = new Set<number>();
    for (const id of reachable(this.#graph, roots)) {
      const node = this.#graph.nodes[id] as Node;
      if ('a' in node) count(node.a);
      if ('b' in node) count(node.b);
      if (node.op === 'column' || node.op === 'selector') slots.add(this.#table.slotOf(node));
      if (node.op === 'wide') {
        for (let k = 0; k < this.#field.degree; k++) slots.add(this.#table.slotOf(node) + k);
      }
    }
    for (let k = 0; k < results; k++) slots.add(this.#table.slots.length + k);
    for (const slot of slots) {
      const local = f.local('i32');
      this.#pointers.set(slot, local);
      f.local_get(POINTERS)
        .i32_load(4 * slot)
        .local_set(local);
    }
    f.i32_const(P).i32x4_splat().local_set(this.#modulus);
  }

  /** If any column is read one row further: how to load the offsets of a vector's four places. */
  #gatherNext(): () => void {
    const { f } = this;
    const { slots } = this.#table;
    const isNext = (slot: number): boolean => {
      const known = slots[slot];
      return known?.kind === 'column' && known.offset === 1;
    };
    if (![...this.#pointers.keys()].some(isNext)) return () => {};
    const table = f.local('i32', 'next');
    f.local_get(POINTERS)
      .i32_load(4 * (slots.length + this.#field.degree))
      .local_set(table);
    this.#offsets = [0, 1, 2, 3].map(() => f.local('i32'));
    return () => {
      this.#offsets.forEach((offset, lane) => {
        f.local_get(table)
          .local_get(ROW)
          .i32_add()
          .i32_load(4 * lane)
          .local_set(offset);
      });
    };
  }

  #loop(body: () => void): void {
    const { f } = this;
    const done = f.block();
    const top = f.loop();
    f.local_get(ROW).local_get(END).i32_ge_u().br_if(done);
    body();
    f.local_get(ROW).i32_const(16).i32_add().local_set(ROW).br(top);
    f.end().end();
  }

  /** Pushes a value of M31. */
  #emit(id: number): void {
    const { f } = this;
    const known = this.#single.get(id);
    if (known !== undefined) {
      f.local_get(known);
      return;
    }
    const node = this.#graph.nodes[id] as Node;
    switch (node.op) {
      case 'constant':
        f.v128_const(splatBytes(node.value));
        return;
      case 'column':
      case 'selector':
        this.#load(this.#table.slotOf(node));
        break;
      case 'add':
        this.#emit(node.a);
        this.#emit(node.b);
        this.#add();
        break;
      case 'sub':
        this.#emit(node.a);
        this.#emit(node.b);
        this.#sub();
        break;
      case 'neg':
        f.v128_const(splatBytes(0));
        this.#emit(node.a);
        this.#sub();
        break;
      case 'mul':
        this.#product(node.a, node.b);
        break;
      default:
        this.#splat(4 * this.#table.scalarOf(node));
        break;
    }
    if ((this.#uses.get(id) ?? 0) > 1) {
      const local = f.local('v128');
      f.local_tee(local);
      this.#single.set(id, local);
    }
  }

  /** Pushes a product; constants are doubled here and now. */
  #product(a: number, b: number): void {
    const { f } = this;
    const left = this.#graph.nodes[a] as Node;
    const right = this.#graph.nodes[b] as Node;
    if (left.op === 'constant') {
      this.#product(b, a);
      return;
    }
    this.#emit(a);
    if (right.op === 'constant') {
      const { value } = right;
      const shift = Math.log2(value);
      if (Number.isInteger(shift)) this.#rotate(shift);
      else {
        f.v128_const(splatBytes(2 * value));
        this.#mulDoubled();
      }
      return;
    }
    this.#emit(b);
    this.#mul();
  }

  /** An element of E in locals. */
  #emitWide(id: number): readonly number[] {
    const known = this.#wide.get(id);
    if (known !== undefined) return known;
    const { f } = this;
    const { degree } = this.#field;
    const node = this.#graph.nodes[id] as Node;
    const isWide = (child: number): boolean => this.#graph.wide[child] as boolean;
    let result: readonly number[];
    switch (node.op) {
      case 'wide':
        result = this.#store(degree, (k) => this.#load(this.#table.slotOf(node) + k));
        break;
      case 'challenge':
      case 'share':
        result = this.#store(degree, (k) => this.#splat(4 * (this.#table.scalarOf(node) + k)));
        break;
      case 'neg': {
        const a = this.#emitWide(node.a);
        result = this.#store(degree, (k) => {
          f.v128_const(splatBytes(0)).local_get(a[k] as number);
          this.#sub();
        });
        break;
      }
      case 'mul': {
        if (isWide(node.a) && isWide(node.b)) {
          result = this.#mulWide(this.#emitWide(node.a), this.#emitWide(node.b));
          break;
        }
        const [wide, single] = isWide(node.a) ? [node.a, node.b] : [node.b, node.a];
        const factor = this.#emitWide(wide);
        const value = f.local('v128');
        this.#emit(single);
        f.i32_const(1).i32x4_shl().local_set(value);
        result = this.#store(degree, (k) => {
          f.local_get(factor[k] as number).local_get(value);
          this.#mulDoubled();
        });
        break;
      }
      case 'add':
      case 'sub': {
        const combine = node.op === 'add' ? () => this.#add() : () => this.#sub();
        const push = (child: number): ((k: number) => void) => {
          if (isWide(child)) {
            const locals = this.#emitWide(child);
            return (k) => void f.local_get(locals[k] as number);
          }
          const local = f.local('v128');
          this.#emit(child);
          f.local_set(local);
          return (k) => void (k === 0 ? f.local_get(local) : f.v128_const(splatBytes(0)));
        };
        const [a, b] = [push(node.a), push(node.b)];
        result = this.#store(degree, (k) => {
          a(k);
          // M31 is the first coordinate of E.
          if (k > 0 && !isWide(node.b)) return;
          b(k);
          combine();
        });
        break;
      }
      default:
        // A value of M31 where an element of E is wanted: a multiplicity alone in a fraction.
        result = this.#store(degree, (k) => (k === 0 ? this.#emit(id) : void f.v128_const(splatBytes(0))));
        break;
    }
    this.#wide.set(id, result);
    return result;
  }

  /** Runs `push` for each coordinate and keeps what it leaves. */
  #store(count: number, push: (k: number) => void): readonly number[] {
    const locals = this.#locals(count);
    locals.forEach((local, k) => {
      push(k);
      this.f.local_set(local);
    });
    return locals;
  }

  #locals(count: number): readonly number[] {
    return Array.from({ length: count }, () => this.f.local('v128'));
  }

  /** The product in E by three products in B, see `assembly/extension.ts`. */
  #mulWide(a: readonly number[], b: readonly number[]): readonly number[] {
    const { f } = this;
    const { half, kappa } = this.#field;
    const sumOf = (x: readonly number[]): readonly number[] =>
      this.#store(half, (k) => {
        f.local_get(x[k] as number).local_get(x[k + half] as number);
        this.#add();
      });
    const lower = this.#mulBase(a.slice(0, half), b.slice(0, half));
    const upper = this.#mulBase(a.slice(half), b.slice(half));
    const cross = this.#mulBase(sumOf(a), sumOf(b));
    const low = this.#store(half, (k) => {
      f.local_get(lower[k] as number);
      this.#timesKappa(upper, kappa, k);
      this.#add();
    });
    const high = this.#store(half, (k) => {
      f.local_get(cross[k] as number).local_get(lower[k] as number);
      this.#sub();
      f.local_get(upper[k] as number);
      this.#sub();
    });
    return [...low, ...high];
  }

  /** Pushes coordinate `k` of kappa times an element of B. */
  #timesKappa(x: readonly number[], kappa: readonly number[], k: number): void {
    const { f } = this;
    const { half, c } = this.#field;
    let terms = 0;
    for (let i = 0; i < half; i++) {
      const j = (k - i + half) % half;
      let factor = kappa[j] as number;
      if (factor === 0) continue;
      if (i + j >= half && c !== 1) factor = Number((BigInt(factor) * BigInt(c)) % BigInt(P));
      f.local_get(x[i] as number);
      this.#timesConstant(factor);
      if (terms++ > 0) this.#add();
    }
    if (terms === 0) f.v128_const(splatBytes(0));
  }

  /** Schoolbook product in B. */
  #mulBase(a: readonly number[], b: readonly number[]): readonly number[] {
    const { f } = this;
    const { half, c } = this.#field;
    return this.#store(half, (k) => {
      let wrapped = 0;
      for (let i = k + 1; i < half; i++) {
        f.local_get(a[i] as number).local_get(b[k + half - i] as number);
        this.#mul();
        if (wrapped++ > 0) this.#add();
      }
      if (wrapped > 0) this.#timesConstant(c);
      for (let i = 0; i <= k; i++) {
        f.local_get(a[i] as number).local_get(b[k - i] as number);
        this.#mul();
        if (i > 0 || wrapped > 0) this.#add();
      }
    });
  }

  #timesConstant(factor: number): void {
    const { f } = this;
    if (factor === 1) return;
    if (factor === P - 1) {
      // 0 - x
      f.local_set(this.#a).v128_const(splatBytes(0)).local_get(this.#a);
      this.#sub();
      return;
    }
    const shift = Math.log2(factor);
    if (Number.isInteger(shift)) this.#rotate(shift);
    else {
      f.v128_const(splatBytes(2 * factor));
      this.#mulDoubled();
    }
  }

  #load(slot: number): void {
    const { f } = this;
    const known = this.#table.slots[slot];
    if (known?.kind === 'column' && known.offset === 1 && this.#offsets.length > 0) {
      const pointer = this.#pointers.get(slot) as number;
      this.#offsets.forEach((offset, lane) => {
        f.local_get(pointer).local_get(offset).i32_add();
        if (lane === 0) f.v128_load32_zero();
        else f.local_get(this.#a).v128_load32_lane(lane);
        if (lane < 3) f.local_set(this.#a);
      });
      return;
    }
    this.#address(slot);
    f.v128_load(0, 2);
  }

  #address(slot: number): void {
    this.f
      .local_get(this.#pointers.get(slot) as number)
      .local_get(ROW)
      .i32_add();
  }

  #resultAddress(k: number): void {
    this.#address(this.#table.slots.length + k);
  }

  /** Pushes a scalar in all lanes. */
  #splat(offset: number): void {
    this.f.local_get(SCALARS).v128_load32_splat(offset);
  }

  /** a + b, less p if that is not below zero: as unsigned numbers the smaller of the two. */
  #add(): void {
    this.f
      .i32x4_add()
      .local_tee(this.#a)
      .local_get(this.#a)
      .local_get(this.#modulus)
      .i32x4_sub()
      .i32x4_min_u();
  }

  #sub(): void {
    this.f
      .i32x4_sub()
      .local_tee(this.#a)
      .local_get(this.#a)
      .local_get(this.#modulus)
      .i32x4_add()
      .i32x4_min_u();
  }

  #mul(): void {
    this.f.i32_const(1).i32x4_shl();
    this.#mulDoubled();
  }

  /** a · b of a and 2b: upper half of 2ab plus half of its lower half. */
  #mulDoubled(): void {
    const { f } = this;
    f.local_set(this.#b).local_set(this.#a);
    f.local_get(this.#a).local_get(this.#b).i64x2_extmul_low_i32x4_u().local_set(this.#low);
    f.local_get(this.#a).local_get(this.#b).i64x2_extmul_high_i32x4_u().local_set(this.#high);
    f.local_get(this.#low).local_get(this.#high).i8x16_shuffle(ODD_WORDS);
    f.local_get(this.#low).local_get(this.#high).i8x16_shuffle(EVEN_WORDS);
    f.i32_const(1).i32x4_shr_u();
    this.#add();
  }

  /** x · 2^shift: a rotation of 31 bits. */
  #rotate(shift: number): void {
    const { f } = this;
    if (shift === 0) return;
    f.local_tee(this.#a).i32_const(shift).i32x4_shl().local_get(this.#modulus).v128_and();
    f.local_get(this.#a)
      .i32_const(31 - shift)
      .i32x4_shr_u()
      .v128_or();
  }
}

/** Byte lanes that pick the given words of two vectors. */
function wordLanes(words: readonly number[]): number[] {
  return words.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte));
}

const ODD_WORDS: readonly number[] = wordLanes([1, 3, 5, 7]);
const EVEN_WORDS: readonly number[] = wordLanes([0, 2, 4, 6]);

function splatBytes(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array(4).fill(value).buffer);
}
