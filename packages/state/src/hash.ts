import type { Bytes } from '@ninefold/base';
import { keccak256 as kernelKeccak256 } from '@ninefold/kernels';

/** Keccak-256, the hash that tries are made with. */
export const keccak256: (bytes: Bytes) => Bytes = kernelKeccak256;
