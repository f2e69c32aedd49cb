import { OP } from '@ninefold/vm-bitcoin-script';

/** One kind of gate: its truth table and the instructions that compute it. */
export type GateInfo = {
  readonly name: GateName;
  /** Wires it reads. */
  readonly arity: 0 | 1 | 2;
  /** Bit 2·a + b is the output for inputs a and b; bit a for one input, bit 0 for none. */
  readonly truth: number;
  /** From the inputs on the stack, each empty or 1, to the output. */
  readonly script: readonly number[];
};

export type GateName = 'NAND' | 'AND' | 'OR' | 'NOR' | 'XOR' | 'XNOR' | 'INV' | 'EQW' | 'CONST0' | 'CONST1';

/** All kinds; a gate's code in a circuit is its index here. */
export const GATES: readonly GateInfo[] = [
  { name: 'NAND', arity: 2, truth: 0b0111, script: [OP.OP_BOOLAND, OP.OP_NOT] },
  { name: 'AND', arity: 2, truth: 0b1000, script: [OP.OP_BOOLAND] },
  { name: 'OR', arity: 2, truth: 0b1110, script: [OP.OP_BOOLOR] },
  { name: 'NOR', arity: 2, truth: 0b0001, script: [OP.OP_BOOLOR, OP.OP_NOT] },
  { name: 'XOR', arity: 2, truth: 0b0110, script: [OP.OP_NUMNOTEQUAL] },
  { name: 'XNOR', arity: 2, truth: 0b1001, script: [OP.OP_NUMEQUAL] },
  { name: 'INV', arity: 1, truth: 0b01, script: [OP.OP_NOT] },
  { name: 'EQW', arity: 1, truth: 0b10, script: [] },
  { name: 'CONST0', arity: 0, truth: 0, script: [OP.OP_0] },
  { name: 'CONST1', arity: 0, truth: 1, script: [OP.OP_1] },
];

/** The code of a kind of gate: its index in {@link GATES}. */
export const GATE: Readonly<Record<GateName, number>> = Object.fromEntries(
  GATES.map(({ name }, code) => [name, code]),
) as Record<GateName, number>;
