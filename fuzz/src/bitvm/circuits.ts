import type { Rng } from '@ninefold/base';
import { checkCircuit, type Circuit, GATES } from '@ninefold/vm-bitvm';

/** A random circuit: gates of all kinds, each reading any wires before it. */
export function randomCircuit(rng: Rng): Circuit {
  const inputs = 1 + rng.below(6);
  const gates = 1 + rng.below(40);
  const outputs = 1 + rng.below(Math.min(gates, 5));
  const column = (): Uint32Array =>
    Uint32Array.from({ length: gates }, (_, gate) => rng.below(inputs + gate));
  return checkCircuit({
    wireCount: inputs + gates,
    inputs: [inputs],
    outputs: [outputs],
    kinds: Uint8Array.from({ length: gates }, () => rng.below(GATES.length)),
    left: column(),
    right: column(),
    out: Uint32Array.from({ length: gates }, (_, gate) => inputs + gate),
  });
}
