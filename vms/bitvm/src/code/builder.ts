import { GATE, type GateName } from '../spec/gates.ts';
import { checkCircuit, type Circuit } from './circuit.ts';

/** A wire of a circuit that is being built. */
export type Wire = number & { readonly __wire: unique symbol };

/**
 * Builds circuits gate by gate. Words are lists of wires, the least significant first.
 *
 * @example
 * const circuit = new CircuitBuilder();
 * const a = circuit.input(8);
 * const b = circuit.input(8);
 * circuit.output(circuit.add(a, b));
 * circuit.build();
 */
export class CircuitBuilder {
  readonly #inputs: number[] = [];
  readonly #outputs: (readonly Wire[])[] = [];
  readonly #gates: (readonly [kind: number, left: number, right: number, out: number])[] = [];
  #wires = 0;

  #newWire(): Wire {
    return this.#wires++ as Wire;
  }

  /** The wires of an input value. All inputs come before the first gate: their wires are the first. */
  input(bits: number): readonly Wire[] {
    if (this.#gates.length > 0) throw new RangeError('inputs come before gates');
    this.#inputs.push(bits);
    return Array.from({ length: bits }, () => this.#newWire());
  }

  /** A gate of any kind; one that takes fewer wires leaves the others out. */
  gate(kind: GateName, left?: Wire, right?: Wire): Wire {
    const out = this.#newWire();
    this.#gates.push([GATE[kind], left ?? 0, right ?? 0, out]);
    return out;
  }

  constant(bit: 0 | 1): Wire {
    return this.gate(bit === 1 ? 'CONST1' : 'CONST0');
  }

  not(a: Wire): Wire {
    return this.gate('INV', a);
  }

  and(a: Wire, b: Wire): Wire {
    return this.gate('AND', a, b);
  }

  nand(a: Wire, b: Wire): Wire {
    return this.gate('NAND', a, b);
  }

  or(a: Wire, b: Wire): Wire {
    return this.gate('OR', a, b);
  }

  xor(a: Wire, b: Wire): Wire {
    return this.gate('XOR', a, b);
  }

  /** `choice ? a : b`, bit by bit: words of equal length. */
  select(choice: Wire, a: readonly Wire[], b: readonly Wire[]): readonly Wire[] {
    return a.map((wire, i) => {
      const other = b[i] as Wire;
      return this.xor(this.and(choice, this.xor(wire, other)), other);
    });
  }

  /** The sum of words of equal length, without the last carry. */
  add(a: readonly Wire[], b: readonly Wire[]): readonly Wire[] {
    let carry: Wire | undefined;
    return a.map((left, i) => {
      const right = b[i] as Wire;
      const half = this.xor(left, right);
      if (carry === undefined) {
        carry = this.and(left, right);
        return half;
      }
      const total = this.xor(half, carry);
      // The majority of three: where both differ the carry decides, else either of them.
      if (i + 1 < a.length) carry = this.xor(this.and(half, this.xor(carry, left)), left);
      return total;
    });
  }

  /** Whether words of equal length are equal. */
  equals(a: readonly Wire[], b: readonly Wire[]): Wire {
    return a
      .map((left, i) => this.gate('XNOR', left, b[i] as Wire))
      .reduce((all, next) => this.and(all, next));
  }

  /** Makes a word an output. */
  output(wires: readonly Wire[]): void {
    this.#outputs.push(wires);
  }

  /**
   * The circuit; outputs are copied to the last wires, as the formats want them.
   *
   * @throws `CIRCUIT_…`
   */
  build(): Circuit {
    const gates = this.#gates.slice();
    const outputs = this.#outputs.flat();
    outputs.forEach((wire, i) => gates.push([GATE.EQW, wire, 0, this.#wires + i]));
    const column = (at: 1 | 2 | 3): Uint32Array => Uint32Array.from(gates, (gate) => gate[at]);
    return checkCircuit({
      wireCount: this.#wires + outputs.length,
      inputs: this.#inputs.slice(),
      outputs: this.#outputs.map(({ length }) => length),
      kinds: Uint8Array.from(gates, ([kind]) => kind),
      left: column(1),
      right: column(2),
      out: column(3),
    });
  }
}
