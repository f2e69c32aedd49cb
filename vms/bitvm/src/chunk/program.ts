import { type Bytes, defineErrors, equalBytes, utf8ToBytes } from '@ninefold/base';
import { hash160 } from '@ninefold/vm-bitcoin-script';
import { writeScript } from '../engine/script-writer.ts';
import { Emitter, type Value } from './emitter.ts';
import {
  checksumDigits,
  messageDigits,
  recoverWinternitz,
  signWinternitz,
  winternitzPublicKey,
  winternitzScriptSize,
  winternitzWitness,
  writeWinternitz,
} from './winternitz.ts';
import { type Word, type WordFeatures, WordMachine } from './words.ts';

/*
 * Programs that are too large for one script. Every value between two chunks is a variable with a
 * Winternitz key; who runs the program signs all of them. Of each chunk there is a leaf that succeeds just
 * when the signed output is not what the signed inputs lead to. Each variable has one key, wherever it is
 * used, so that neighbours cannot be told different values.
 */

/** A value that a program commits to. */
export type Variable = { readonly name: string; readonly bytes: number; readonly isInput: boolean };

/** A step from some variables to another. */
export type Chunk = {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly features: WordFeatures;
  readonly compute: (inputs: readonly Bytes[]) => Bytes;
  /** The same as a script: words of the inputs to words of the output. It may use the inputs up. */
  readonly emit: (machine: WordMachine, inputs: readonly (readonly Word[])[]) => readonly Word[];
};

/** Chunks in an order in which each comes after those it depends on. */
export type Program = {
  readonly name: string;
  /** Order of the bytes in a word. */
  readonly bigEndian: boolean;
  readonly variables: readonly Variable[];
  readonly chunks: readonly Chunk[];
};

/** Values of all variables by name. */
export type Assignment = Readonly<Record<string, Bytes>>;

/** Keys of all variables by name. */
export type ProgramKeys = Readonly<Record<string, readonly Bytes[]>>;

/** Signatures of all variables by name. */
export type Assertion = Readonly<Record<string, readonly Bytes[]>>;

const fail = defineErrors({
  PROGRAM_WRONG_VALUE: (c: {
    readonly variable: string;
    readonly expected: number;
    readonly actual: number;
  }) => `Variable ${c.variable} takes ${c.expected} bytes, not ${c.actual}`,
  PROGRAM_NO_FAULT: (c: { readonly chunk: string }) =>
    `Chunk ${c.chunk} is right: nothing about it can be disproved`,
});

/** The value of a variable, whose size is right. */
function valueOf(values: Assignment, { name, bytes }: Variable): Bytes {
  const value = values[name];
  if (value?.length !== bytes) {
    throw fail('PROGRAM_WRONG_VALUE', { variable: name, expected: bytes, actual: value?.length ?? 0 });
  }
  return value;
}

const variableOf = ({ variables }: Program, name: string): Variable =>
  variables.find((variable) => variable.name === name) as Variable;

/**
 * Runs a program: the values of all variables.
 *
 * @throws `PROGRAM_WRONG_VALUE` for an input
 * @example runProgram(SHA256_PROGRAM, { state, block })['result']
 */
export function runProgram(program: Program, inputs: Assignment): Assignment {
  const values: Record<string, Bytes> = {};
  for (const variable of program.variables) {
    if (variable.isInput) values[variable.name] = valueOf(inputs, variable);
  }
  for (const { inputs: names, output, compute } of program.chunks) {
    values[output] = compute(names.map((name) => values[name] as Bytes));
  }
  return values;
}

/** The secret of a variable's key: 20 bytes. */
function variableSecret(seed: Bytes, name: string): Bytes {
  return hash160(Uint8Array.from([...seed, ...utf8ToBytes(name)]));
}

/** The keys of all variables, out of a seed that is used for one assertion. */
export function programKeys({ variables }: Program, seed: Bytes): ProgramKeys {
  return Object.fromEntries(
    variables.map(({ name, bytes }) => [name, winternitzPublicKey(variableSecret(seed, name), bytes)]),
  );
}

/**
 * Signs the values of all variables, right or wrong.
 *
 * @throws `PROGRAM_WRONG_VALUE`
 */
export function assertProgram(program: Program, seed: Bytes, values: Assignment): Assertion {
  return Object.fromEntries(
    program.variables.map((variable) => [
      variable.name,
      signWinternitz(variableSecret(seed, variable.name), valueOf(values, variable)),
    ]),
  );
}

/**
 * The values of an assertion.
 *
 * @throws `WINTERNITZ_…`
 */
export function readAssertion({ variables }: Program, keys: ProgramKeys, assertion: Assertion): Assignment {
  return Object.fromEntries(
    variables.map(({ name, bytes }) => [
      name,
      recoverWinternitz(keys[name] as readonly Bytes[], assertion[name] ?? [], bytes),
    ]),
  );
}

/** The first chunk whose signed output does not follow from its signed inputs. */
export function faultyChunk({ chunks }: Program, values: Assignment): number | undefined {
  const index = chunks.findIndex(({ inputs, output, compute }) => {
    const expected = compute(inputs.map((name) => values[name] as Bytes));
    return !equalBytes(expected, values[output] as Bytes);
  });
  return index < 0 ? undefined : index;
}

/** Items a Winternitz check needs besides while it runs: a chain of 16, and a digit. */
const WINTERNITZ_ROOM = 18;

/** What a chunk's leaf takes: signatures of its inputs, then of its output, the first one lowest. */
function leafVariables(program: Program, { inputs, output }: Chunk): readonly Variable[] {
  return [...inputs, output].map((name) => variableOf(program, name));
}

/** The leaf that succeeds just when a chunk is wrong. Anybody may use it: no key is asked for. */
export function disproofLeaf(program: Program, keys: ProgramKeys, index: number): Bytes {
  return emitDisproof(program, keys, index).finish();
}

/** As {@link disproofLeaf}, with the emitter's account of the stack. */
export function emitDisproof(program: Program, keys: ProgramKeys, index: number): Emitter {
  const chunk = program.chunks[index] as Chunk;
  const variables = leafVariables(program, chunk);
  const script = new Emitter();
  for (const { bytes } of variables) script.take(2 * (messageDigits(bytes) + checksumDigits(bytes)));
  // From the top down: each variable's digits go aside, so that the next one's signature is on top.
  for (const { name, bytes } of variables.toReversed()) {
    const key = keys[name] as readonly Bytes[];
    const part = writeScript(winternitzScriptSize(bytes), (writer) => writeWinternitz(writer, key, bytes));
    script.inline(part, 2 * key.length, messageDigits(bytes), WINTERNITZ_ROOM);
    for (let i = 0; i < messageDigits(bytes); i++) script.stash();
  }
  const machine = new WordMachine(script, chunk.features);
  const words = variables.map(({ bytes }) => {
    // They come back in the order they were signed: the last byte's high half first.
    const digits = Array.from({ length: messageDigits(bytes) }, () => script.unstash());
    return wordsOf(digits.reverse(), program.bigEndian);
  });
  const claimed = words.pop() as readonly Word[];
  const computed = chunk.emit(machine, words);
  script.leaveOnly(machine.differ(computed.flat(), claimed.flat()));
  return script;
}

/** Words of digits that begin with the low half of the first byte. */
function wordsOf(digits: readonly Value[], bigEndian: boolean): readonly Word[] {
  return Array.from({ length: digits.length / 8 }, (_, word) =>
    Array.from({ length: 8 }, (_, digit) => {
      const byte = digit >> 1;
      return digits[8 * word + 2 * (bigEndian ? 3 - byte : byte) + (digit & 1)] as Value;
    }),
  );
}

/**
 * The stack with which a chunk's leaf succeeds, out of the operator's own signatures.
 *
 * @throws `PROGRAM_NO_FAULT` when it would not
 */
export function disproofWitness(
  program: Program,
  index: number,
  values: Assignment,
  assertion: Assertion,
): readonly Bytes[] {
  const chunk = program.chunks[index] as Chunk;
  const { inputs, output, compute } = chunk;
  if (equalBytes(compute(inputs.map((name) => values[name] as Bytes)), values[output] as Bytes)) {
    throw fail('PROGRAM_NO_FAULT', { chunk: chunk.name });
  }
  return leafVariables(program, chunk).flatMap(({ name }) =>
    winternitzWitness(values[name] as Bytes, assertion[name] as readonly Bytes[]),
  );
}
