import { createKey, encodeProof, type ParameterSet, prove, SAMPLES } from '@ninefold/stark';
import { createRiscvProver, encodeInstruction, encodeReceipt } from '@ninefold/vm-riscv';

/** A valid proof with all that a verifier in another process needs. */
export type Subject = { readonly name: string; readonly bytes: Uint8Array } & (
  | {
      readonly kind: 'proof';
      readonly sample: keyof typeof SAMPLES;
      readonly parameters: ParameterSet;
      readonly root: Uint32Array | undefined;
      readonly logHeights: readonly number[];
      /** Of each segment. */
      readonly publicValues: readonly (readonly number[])[];
    }
  | { readonly kind: 'receipt' }
);

const SEGMENTS = 16;

/** Proves what is damaged then. */
export function createSubjects(): Subject[] {
  return [
    proofOf('fibonacci', 'dev', 1),
    proofOf('memory', 'dev', 1),
    proofOf('walk', 'dev', SEGMENTS),
    proofOf('rangeCheck', 'p100', 1),
    proofOf('walk', 'p128', 1),
    proofOf('rangeCheck', 'evm', 1),
    { kind: 'receipt', name: 'receipt, dev', bytes: receiptOf('dev') },
    { kind: 'receipt', name: 'receipt, p100', bytes: receiptOf('p100') },
  ];
}

function proofOf(sample: keyof typeof SAMPLES, parameters: ParameterSet, segments: number): Subject {
  const { machine, trace, fixed, publicValues } = SAMPLES[sample]();
  const key = createKey(machine, fixed, parameters);
  const proof = prove(
    key,
    Array.from({ length: segments }, () => ({ trace, publicValues })),
  );
  return {
    kind: 'proof',
    name: `${sample}, ${parameters}${segments > 1 ? `, ${segments} segments` : ''}`,
    sample,
    parameters,
    root: key.verifyingKey.preprocessedRoot,
    logHeights: key.verifyingKey.fixedLogHeights.filter((height) => height !== undefined),
    publicValues: new Array<readonly number[]>(segments).fill(publicValues),
    bytes: encodeProof(proof),
  };
}

/** A run of a program that ends at once. */
function receiptOf(parameters: ParameterSet): Uint8Array {
  const [a0, a7, exit] = [10, 17, 93];
  const elf = programFile([
    encodeInstruction('addi', { rd: a0, imm: 0 }, 32),
    encodeInstruction('addi', { rd: a7, imm: exit }, 32),
    encodeInstruction('ecall', {}, 32),
  ]);
  return encodeReceipt(createRiscvProver({ elf, parameters }).prove().receipt);
}

/** An ELF32 file with one executable segment (System V gABI, chapters 4 and 5). */
function programFile(instructions: readonly number[]): Uint8Array {
  const [header, segment, address] = [52, 32, 0x1_0000];
  const size = 4 * instructions.length;
  const bytes = new Uint8Array(header + segment + size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const [ET_EXEC, EM_RISCV, PT_LOAD, PF_R_X] = [2, 243, 1, 5];
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, EM_RISCV, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, address, true);
  view.setUint32(28, header, true);
  view.setUint16(40, header, true);
  view.setUint16(42, segment, true);
  view.setUint16(44, 1, true);
  const fields = [PT_LOAD, header + segment, address, address, size, size, PF_R_X, 4];
  fields.forEach((field, i) => view.setUint32(header + 4 * i, field, true));
  instructions.forEach((word, i) => view.setUint32(header + segment + 4 * i, word, true));
  return bytes;
}
