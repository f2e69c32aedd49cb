// Memory an instance writes to while it works. Several threads have instances of their own over one memory,
// so that nothing written may stand among a module's static data: the host gives each instance a region.

let region: usize = 0;

/** Bytes of a region: this module's part and, from `TILE_SCRATCH` on, that of generated code. */
export const SCRATCH_BYTES: usize = 32768;

/** What generated code may use of an instance's region. */
export const TILE_SCRATCH: usize = 16384;

/** Tells an instance its region, `SCRATCH_BYTES` long and 64-aligned, before anything else is called. */
export function init(address: usize): void {
  region = address;
}

/** Address of a place in the region. */
@inline
export function scratch(offset: usize): usize {
  return region + offset;
}

// Where everyone's places are.

/** Two message blocks: 32 vectors. */
export const MESSAGE: usize = 0;
/** Eight state vectors. */
export const STATE: usize = 512;
/** The generators of the circle's subgroups. */
export const SUBGROUPS: usize = 640;
/** Operands of products in E: up to six vectors each. */
export const LOWER: usize = 1024;
export const UPPER: usize = 1072;
export const CROSS: usize = 1120;
export const SUM_A: usize = 1168;
export const SUM_B: usize = 1216;
export const NORM: usize = 1264;
export const FACTOR: usize = 1312;
export const PRODUCT: usize = 1408;
export const NUMERATOR: usize = 1504;
/** Elements of B inverted together: up to three vectors each. */
export const DENOMINATORS: usize = 2048;
export const PREFIXES: usize = 8192;
/** The state of Keccak. */
export const KECCAK: usize = 14336;
