import type { Bytes } from '@ninefold/base';

/** Bytes of a token account; a mint is padded to as many before its extensions. */
export const TOKEN_ACCOUNT_BYTES = 165;
/** Behind one byte that says which of both it is. */
const EXTENSIONS_START: number = TOKEN_ACCOUNT_BYTES + 1;

/** Names of Token-2022's extensions, by number. */
export const EXTENSION_NAMES: readonly string[] = [
  'uninitialized',
  'transferFeeConfig',
  'transferFeeAmount',
  'mintCloseAuthority',
  'confidentialTransferMint',
  'confidentialTransferAccount',
  'defaultAccountState',
  'immutableOwner',
  'memoTransfer',
  'nonTransferable',
  'interestBearingConfig',
  'cpiGuard',
  'permanentDelegate',
  'nonTransferableAccount',
  'transferHook',
  'transferHookAccount',
  'confidentialTransferFeeConfig',
  'confidentialTransferFeeAmount',
  'metadataPointer',
  'tokenMetadata',
  'groupPointer',
  'tokenGroup',
  'groupMemberPointer',
  'tokenGroupMember',
  'confidentialMintBurn',
  'scaledUiAmountConfig',
  'pausableConfig',
  'pausableAccount',
  'permissionedBurnConfig',
];

/** An extension of a mint or a token account. */
export type Extension = { readonly type: number; readonly value: Bytes };

/** The extensions behind a mint or a token account: none when they are not what Token-2022 writes. */
export function extensionsOf(data: Bytes): readonly Extension[] {
  const found: Extension[] = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = EXTENSIONS_START; at + 2 <= data.length;) {
    const type = view.getUint16(at, true);
    if (type === 0) break;
    if (type >= EXTENSION_NAMES.length || at + 4 > data.length) return [];
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > data.length) return [];
    found.push({ type, value: data.subarray(at + 4, end) });
    at = end;
  }
  return found;
}

/** The bytes of one extension. */
export const extensionOf = (data: Bytes, type: number): Bytes | undefined =>
  extensionsOf(data).find((extension) => extension.type === type)?.value;
