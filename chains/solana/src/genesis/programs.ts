import { base64ToBytes, type Bytes } from '@ninefold/base';
import { PROGRAM } from '@ninefold/vm-svm';

/** A program that a node has from the beginning. */
export type GenesisProgram = {
  readonly name: string;
  readonly address: string;
  /** The loader that owns it; the upgradeable one keeps the file in a second account. */
  readonly loader: string;
  readonly file: Bytes;
};

type Source = Omit<GenesisProgram, 'file'> & { readonly load: () => Promise<{ readonly file: string }> };

/** The programs, where mainnet-beta has them. Their files are loaded when a chain is made. */
const SOURCES: readonly Source[] = [
  {
    name: 'token',
    address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
    loader: PROGRAM.loaderV3,
    load: () => import('../generated/programs/token.ts'),
  },
  {
    name: 'token-2022',
    address: 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
    loader: PROGRAM.loaderV3,
    load: () => import('../generated/programs/token-2022.ts'),
  },
  {
    name: 'associated-token',
    address: 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL',
    loader: PROGRAM.loaderV2,
    load: () => import('../generated/programs/associated-token.ts'),
  },
  {
    name: 'memo-v1',
    address: 'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo',
    loader: PROGRAM.loaderV1,
    load: () => import('../generated/programs/memo-v1.ts'),
  },
  {
    name: 'memo',
    address: 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
    loader: PROGRAM.loaderV2,
    load: () => import('../generated/programs/memo.ts'),
  },
  {
    // Version 4 has an address of its own; the older one has run its file since.
    name: 'memo-v4',
    address: 'Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH',
    loader: PROGRAM.loaderV3,
    load: () => import('../generated/programs/memo.ts'),
  },
  {
    name: 'address-lookup-table',
    address: 'AddressLookupTab1e1111111111111111111111111',
    loader: PROGRAM.loaderV3,
    load: () => import('../generated/programs/address-lookup-table.ts'),
  },
  {
    name: 'stake',
    address: 'Stake11111111111111111111111111111111111111',
    loader: PROGRAM.loaderV3,
    load: () => import('../generated/programs/stake.ts'),
  },
];

let loading: Promise<readonly GenesisProgram[]> | undefined;

/**
 * The programs of a fresh node, the same objects for every chain: SPL Token, Token-2022, associated
 * token accounts, memo, and the core programs that are no builtins.
 *
 * @example const programs = await loadGenesisPrograms();
 */
export function loadGenesisPrograms(): Promise<readonly GenesisProgram[]> {
  loading ??= Promise.all(
    SOURCES.map(async ({ load, ...program }) => ({ ...program, file: await inflate((await load()).file) })),
  );
  return loading;
}

async function inflate(base64: string): Promise<Bytes> {
  const packed = new Blob([base64ToBytes(base64) as Uint8Array<ArrayBuffer>]);
  const stream = packed.stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The mint of wrapped SOL, which no transaction makes. */
export const NATIVE_MINT = 'So11111111111111111111111111111111111111112';

const MINT_BYTES = 82;
const SOL_DECIMALS = 9;

/** The data of the mint of wrapped SOL: nobody may mint or freeze. */
export function nativeMintData(): Bytes {
  const data = new Uint8Array(MINT_BYTES);
  data[44] = SOL_DECIMALS;
  data[45] = 1;
  return data;
}
