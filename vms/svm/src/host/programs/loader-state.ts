import { type Bytes, equalBytes } from '@ninefold/base';
import { PROGRAM } from '../../spec/addresses.ts';
import { addressBytes } from '../base58.ts';

// Accounts of the upgradeable loader: a program names a second account that holds its file, behind
// the slot it was deployed in and who may change it.

/** Bytes before the file in a buffer, in a program's data; bytes of a program account. */
export const BUFFER_HEADER_BYTES = 37;
export const PROGRAM_DATA_HEADER_BYTES = 45;
export const PROGRAM_ACCOUNT_BYTES = 36;

const TAG = { uninitialized: 0, buffer: 1, program: 2, programData: 3 } as const;

/** What an account of the upgradeable loader is. */
export type LoaderState =
  | { readonly kind: 'uninitialized' }
  | { readonly kind: 'buffer'; readonly authority: Bytes | undefined }
  | { readonly kind: 'program'; readonly programData: Bytes }
  | { readonly kind: 'programData'; readonly slot: bigint; readonly authority: Bytes | undefined };

/** The state at the beginning of an account's data; `undefined` when it is none. */
export function decodeLoaderState(data: Bytes): LoaderState | undefined {
  if (data.length < 4) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const authority = (at: number): Bytes | null | undefined => {
    const tag = data[at];
    if (tag === 0) return null;
    return tag === 1 && data.length >= at + 33 ? data.slice(at + 1, at + 33) : undefined;
  };
  switch (view.getUint32(0, true)) {
    case TAG.uninitialized:
      return { kind: 'uninitialized' };
    case TAG.buffer: {
      const key = authority(4);
      return key === undefined ? undefined : { kind: 'buffer', authority: key ?? undefined };
    }
    case TAG.program:
      if (data.length < PROGRAM_ACCOUNT_BYTES) return undefined;
      return { kind: 'program', programData: data.slice(4, PROGRAM_ACCOUNT_BYTES) };
    case TAG.programData: {
      const key = authority(12);
      if (key === undefined) return undefined;
      return { kind: 'programData', slot: view.getBigUint64(4, true), authority: key ?? undefined };
    }
    default:
      return undefined;
  }
}

function authorityBytes(authority: Bytes | undefined): readonly number[] {
  return authority === undefined ? [0] : [1, ...authority];
}

/** The bytes of a state; what follows them in an account stays as it was. */
export function encodeLoaderState(state: LoaderState): Bytes {
  switch (state.kind) {
    case 'uninitialized':
      return Uint8Array.of(TAG.uninitialized, 0, 0, 0);
    case 'buffer':
      return Uint8Array.of(TAG.buffer, 0, 0, 0, ...authorityBytes(state.authority));
    case 'program':
      return Uint8Array.of(TAG.program, 0, 0, 0, ...state.programData);
    case 'programData': {
      const slot = new Uint8Array(BigUint64Array.of(state.slot).buffer);
      return Uint8Array.of(TAG.programData, 0, 0, 0, ...slot, ...authorityBytes(state.authority));
    }
  }
}

const LOADER_V3: Bytes = addressBytes(PROGRAM.loaderV3);

/** The account with the file of a program of the upgradeable loader; `undefined` for any other account. */
export function programDataOf(account: { readonly owner: Bytes; readonly data: Bytes }): Bytes | undefined {
  const known = pointers.get(account.data);
  if (known !== undefined && known.owner === account.owner) return known.programData;
  if (!equalBytes(account.owner, LOADER_V3)) return undefined;
  const state = decodeLoaderState(account.data);
  if (state?.kind !== 'program') return undefined;
  pointers.set(account.data, { owner: account.owner, programData: state.programData });
  return state.programData;
}

// PERF: data and owners are replaced and never changed, so what they say is remembered with them.
const pointers = new WeakMap<Bytes, { readonly owner: Bytes; readonly programData: Bytes }>();
const deployments = new WeakMap<Bytes, { readonly slot: bigint; readonly file: Bytes }>();

/**
 * The file in the data of a program's second account, the same object each time; `undefined` when
 * there is none, or when it was deployed in `slot` itself: programs are seen from the next slot on.
 */
export function deployedFile(data: Bytes, slot: bigint): Bytes | undefined {
  let deployment = deployments.get(data);
  if (deployment === undefined) {
    const state = decodeLoaderState(data);
    if (state?.kind !== 'programData') return undefined;
    deployment = { slot: state.slot, file: data.subarray(PROGRAM_DATA_HEADER_BYTES) };
    deployments.set(data, deployment);
  }
  return deployment.slot < slot ? deployment.file : undefined;
}
