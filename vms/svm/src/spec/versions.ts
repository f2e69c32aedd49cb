/** Versions of the sBPF instruction set that run on mainnet. Version 4 is reserved (SIMD-0177). */
export type SbpfVersion = 0 | 1 | 2 | 3;

/** What a version does differently from its neighbours; each property has one reader or two. */
export type VersionRules = {
  /** Frames are moved by `add64 r10, imm` (SIMD-0166); calls leave r10 alone. */
  readonly manualStackFrames: boolean;
  /** 4 KiB of nothing behind each 4 KiB stack frame. */
  readonly stackFrameGaps: boolean;
  /** Where `callx` names its register. */
  readonly callxRegister: 'immediate' | 'source' | 'destination';
  /** `call` tells syscalls from functions by its source register (SIMD-0178); before, by a hash. */
  readonly staticSyscalls: boolean;
  /** Program headers alone decide, no relocations (SIMD-0189). */
  readonly strictElf: boolean;
};

export const SBPF_VERSIONS: Readonly<Record<SbpfVersion, VersionRules>> = {
  0: {
    manualStackFrames: false,
    stackFrameGaps: true,
    callxRegister: 'immediate',
    staticSyscalls: false,
    strictElf: false,
  },
  1: {
    manualStackFrames: true,
    stackFrameGaps: false,
    callxRegister: 'immediate',
    staticSyscalls: false,
    strictElf: false,
  },
  2: {
    manualStackFrames: true,
    stackFrameGaps: false,
    callxRegister: 'source',
    staticSyscalls: false,
    strictElf: false,
  },
  3: {
    manualStackFrames: false,
    stackFrameGaps: false,
    callxRegister: 'destination',
    staticSyscalls: true,
    strictElf: true,
  },
};

/** Bytes of an instruction slot; `lddw` takes two. */
export const INSTRUCTION_BYTES = 8;

/** The register that points at the frame. */
export const FRAME_POINTER = 10;

/** Functions that may be active at once: the call that would make it 64 fails. */
export const MAX_CALL_DEPTH = 64;

export const STACK_FRAME_BYTES = 4096;

/** Bytes of stack behind all frames. */
export const STACK_BYTES: number = MAX_CALL_DEPTH * STACK_FRAME_BYTES;

/** Regions of the address space begin at multiples of this: data (version 3), program, stack, heap, input. */
export const REGION_BYTES: bigint = 2n ** 32n;
export const PROGRAM_START: bigint = 1n * REGION_BYTES;
export const STACK_START: bigint = 2n * REGION_BYTES;
export const HEAP_START: bigint = 3n * REGION_BYTES;
export const INPUT_START: bigint = 4n * REGION_BYTES;

/** Heap of a program that asks for none. */
export const DEFAULT_HEAP_BYTES = 32_768;
export const MAX_HEAP_BYTES = 262_144;

const NEWER_VERSIONS: readonly (readonly [version: SbpfVersion, feature: string])[] = [
  [3, 'enable_sbpf_v3_deployment_and_execution'],
  [2, 'enable_sbpf_v2_deployment_and_execution'],
  [1, 'enable_sbpf_v1_deployment_and_execution'],
];

/** The versions that run under `features`: all up to the newest enabled one, or from 3 on (SIMD-0161). */
export function enabledVersions(features: ReadonlySet<string>): readonly SbpfVersion[] {
  const withdrawn = features.has('disable_sbpf_v0_execution') && !features.has('reenable_sbpf_v0_execution');
  const oldest = withdrawn ? 3 : 0;
  const newest = NEWER_VERSIONS.find(([, feature]) => features.has(feature))?.[0] ?? 0;
  return ([0, 1, 2, 3] as const).filter((version) => version >= oldest && version <= newest);
}

/** The versions that new programs may have. */
export function deployableVersions(features: ReadonlySet<string>): readonly SbpfVersion[] {
  const oldest = features.has('disable_sbpf_v0_v1_v2_deployment') ? 3 : 0;
  return enabledVersions(features).filter((version) => version >= oldest);
}
