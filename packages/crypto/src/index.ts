export { blake2f, keccak256, ripemd160, sha256 } from '@ninefold/kernels';
