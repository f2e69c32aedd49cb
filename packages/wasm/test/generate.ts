import * as fc from 'fast-check';
import type { FunctionBuilder, ModuleBuilder, OpName, OpRow, ValueType } from '@ninefold/wasm';
import { createModule, OPCODES } from '@ninefold/wasm';

export const OPS: [OpName, OpRow][] = Object.entries(OPCODES) as [OpName, OpRow][];

/** Parameters and results of an instruction whose effect does not depend on its immediates. */
export function effectOf(row: OpRow): { params: ValueType[]; results: ValueType[] } | undefined {
  const [before, after] = row[2].split('->');
  if (before === undefined || after === undefined) return undefined;
  const list = (text: string): ValueType[] => text.split(' ').filter((word) => word !== '') as ValueType[];
  return { params: list(before), results: list(after) };
}

/** Valid immediates for the module of {@link createHost}, drawn from `draw` (a number below its argument). */
export function immediatesFor(kind: OpRow[1], draw: (limit: number) => number): unknown[] {
  switch (kind) {
    case 'i32':
      return [draw(2 ** 32) - 2 ** 31];
    case 'i64':
      return [BigInt.asIntN(64, (BigInt(draw(2 ** 32)) << BigInt(draw(33))) ^ -BigInt(draw(2)))];
    case 'f32':
    case 'f64':
      return [[0, 1.5, -2.25, 1024, -0][draw(5)]];
    case 'v128':
      return [Uint8Array.from({ length: 16 }, () => draw(256))];
    case 'shuffle':
      return [Array.from({ length: 16 }, () => draw(32))];
    case 'types':
      return ['i32'];
    case 'refType':
      return [draw(2) === 0 ? 'funcref' : 'externref'];
    case 'lane2':
    case 'lane4':
    case 'lane8':
    case 'lane16':
      return [draw(Number(kind.slice(4)))];
    case 'memory0':
    case 'memory1':
    case 'memory2':
    case 'memory3':
    case 'memory4':
      return [draw(1000)];
    case 'memoryLane0':
    case 'memoryLane1':
    case 'memoryLane2':
    case 'memoryLane3':
      return [draw(16 >> Number(kind.slice(-1))), draw(1000)];
    case 'local':
    case 'global':
    case 'function':
    case 'data':
    case 'element':
    case 'indirect':
    case 'elementTable':
    case 'dataMemory':
      return [0];
    default:
      return [];
  }
}

/** Calls the builder's method of an instruction. */
export function emit(f: FunctionBuilder, name: OpName, immediates: readonly unknown[]): void {
  const method = name.replaceAll('.', '_') as keyof FunctionBuilder;
  (f[method] as (...immediates: unknown[]) => void).apply(f, immediates.slice());
}

/** A module with one of everything that instructions refer to. */
export function createHost(): ModuleBuilder {
  const m = createModule();
  m.type([], []);
  m.memory({ min: 1, max: 2, shared: true });
  m.table({ element: 'funcref', min: 2 });
  m.global({ type: 'i32', mutable: true }, 5);
  m.data({ bytes: Uint8Array.of(1, 2, 3) });
  return m;
}

export const ALL_TYPES: readonly ValueType[] = ['i32', 'i64', 'f32', 'f64', 'v128'];

const EFFECTS = OPS.flatMap(([name, row]) => {
  const effect = effectOf(row);
  // `ref.func` needs a declared function; its effect is tested by itself.
  return effect === undefined || name === 'ref.func' ? [] : [{ name, kind: row[1], ...effect }];
});

/**
 * A valid function of random instructions: operands that are missing on the stack come from locals.
 *
 * @param choices - where the randomness comes from
 */
export function writeRandomBody(f: FunctionBuilder, choices: readonly number[]): void {
  let at = 0;
  const draw = (limit: number): number =>
    Math.floor(((choices[at++ % choices.length] as number) / 2 ** 32) * limit);
  const locals = new Map(ALL_TYPES.map((type) => [type, f.local(type)]));
  let stack: ValueType[] = [];
  const outer: ValueType[][] = [];
  const close = (): void => {
    while (stack.length > 0) {
      stack.pop();
      f.drop();
    }
    f.end();
    stack = outer.pop() as ValueType[];
  };
  while (at < choices.length) {
    const choice = draw(12);
    if (choice === 0 && outer.length < 20) {
      outer.push(stack);
      stack = [];
      if (draw(2) === 0) f.block();
      else f.loop();
    } else if (choice === 1 && outer.length > 0) close();
    else {
      const { name, kind, params, results } = EFFECTS[draw(EFFECTS.length)] as (typeof EFFECTS)[number];
      const isReady = params.every((type, i) => stack[stack.length - params.length + i] === type);
      if (isReady && stack.length >= params.length) stack.splice(stack.length - params.length);
      else for (const type of params) f.local_get(locals.get(type) as number);
      emit(f, name, immediatesFor(kind, draw));
      stack.push(...results);
    }
  }
  while (outer.length > 0) close();
  for (let i = stack.length; i > 0; i--) f.drop();
}

export const choices: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), {
  minLength: 1,
  maxLength: 200,
});
