import { pathToFileURL } from 'node:url';
import type { Contestant } from '../rounds.ts';
import { PROVERS } from '../proofs/provers.ts';
import { proverContestant, type ProverPlan } from './prover.ts';

/** An element of the prover's field. */
type Field = {
  readonly add: (other: Field | number) => Field;
  /** Gives a sum a variable, so that it takes part of a row. */
  readonly seal: () => Field;
};

/** The part of o1js 2.15 that is used; it is installed on demand. */
type O1js = {
  readonly Field: (value: number) => Field;
  readonly ZkProgram: (definition: object) => {
    readonly compile: () => Promise<{ readonly verificationKey: object }>;
    readonly number: (start: Field) => Promise<{ readonly proof: { readonly toJSON: () => object } }>;
  };
  readonly verify: (proof: object, key: object) => Promise<boolean>;
};

/** A circuit with one addition of field elements a term (Kimchi, in WebAssembly with its own threads). */
export async function createContestant(argument: string): Promise<Contestant> {
  const { terms } = JSON.parse(argument) as ProverPlan;
  const { Field, ZkProgram, verify } = (await import(
    pathToFileURL(PROVERS.resolve('o1js')).href
  )) as unknown as O1js;
  const program = ZkProgram({
    name: 'fibonacci',
    publicInput: Field,
    publicOutput: Field,
    methods: {
      number: {
        privateInputs: [],
        method: async (start: Field) => {
          let [a, b] = [start, start.add(1).seal()];
          for (let i = 0; i < terms; i++) [a, b] = [b, a.add(b).seal()];
          return { publicOutput: a };
        },
      },
    },
  });
  const { verificationKey } = await program.compile();
  return proverContestant({
    name: 'o1js 2.15.0',
    prove: async () => (await program.number(Field(0))).proof.toJSON(),
    bytes: (proof) => JSON.stringify(proof).length,
    verify: async (proof) => {
      if (!(await verify(proof, verificationKey))) throw new Error('the proof does not hold');
    },
  });
}
