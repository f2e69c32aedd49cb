export { keccak256, sha256 } from '@ninefold/kernels';
