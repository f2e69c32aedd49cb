import type { StreamEvent } from '@ninefold/studio-api';

export type ToWorker =
  /** A JSON-RPC call as text. */
  | { readonly kind: 'call'; readonly id: number; readonly text: string }
  | { readonly kind: 'binary'; readonly id: number; readonly path: string };

export type FromWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly text: string }
  | { readonly kind: 'bytes'; readonly id: number; readonly bytes: ArrayBuffer }
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly code: number;
      readonly message: string;
      readonly data: unknown;
    }
  | { readonly kind: 'event'; readonly event: StreamEvent };
