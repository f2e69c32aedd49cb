/** Instructions a run may retire unless told otherwise: 10^9. */
export const DEFAULT_MAX_CYCLES = 1_000_000_000;

/** Memory a guest may touch unless told otherwise: 512 MiB. */
export const DEFAULT_MAX_MEMORY_BYTES: number = 2 ** 29;

/** The most memory a guest may be given: 2 GiB; the kernel's own memory ends at 4 GiB. */
export const MAX_MEMORY_BYTES: number = 2 ** 31;

/** Bytes a run may write to its outputs together: 64 MiB. */
export const MAX_OUTPUT_BYTES: number = 2 ** 26;

/** Largest program file: 64 MiB. */
export const MAX_ELF_BYTES: number = 2 ** 26;

/** Programs are below this address, in RV64 too: 4 GiB. */
export const CODE_SPACE_BYTES: number = 2 ** 32;

/** Addresses that a guest interface may give to a guest are below this: 48 bits, of which RV32 has 32. */
export const ADDRESS_SPACE_BYTES: number = 2 ** 48;

/** Unit in which memory is given to a guest and code is decoded. */
export const PAGE_BYTES = 4096;
