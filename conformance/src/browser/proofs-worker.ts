// Proves in a web worker, which may wait for other threads, and posts what came of it.
import { runProofs } from './proofs.ts';

const scope = globalThis as unknown as { readonly postMessage: (message: unknown) => void };
scope.postMessage(await runProofs());
