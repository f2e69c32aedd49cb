import { PROGRAM } from '@ninefold/vm-svm';

/** Programs that the recording engine has from the begin: address, file, loader. */
export const PRELOADED: readonly (readonly [address: string, file: string, loader: string])[] = [
  ['TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA', 'ptoken.so', PROGRAM.loaderV3],
  ['TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb', 'spl_token_2022-11.0.0.so', PROGRAM.loaderV3],
  ['Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo', 'spl_memo-1.0.0.so', PROGRAM.loaderV1],
  ['MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr', 'spl_memo-4.0.0.so', PROGRAM.loaderV2],
  ['ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL', 'spl_associated_token_account-1.1.1.so', PROGRAM.loaderV2],
  ['AddressLookupTab1e1111111111111111111111111', 'address_lookup_table.so', PROGRAM.loaderV3],
  ['Stake11111111111111111111111111111111111111', 'core_bpf_stake-5.0.0.so', PROGRAM.loaderV3],
];
