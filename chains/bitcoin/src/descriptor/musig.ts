import { type Bytes, utf8ToBytes } from '@ninefold/base';
import { musig, sha256 } from '@ninefold/crypto';
import { HDKey } from '@scure/bip32';
import { XKEY_VERSIONS } from './keys.ts';

/** Chain code of keys that several signers have together (BIP 328). */
function chainCode(): Bytes {
  return sha256(utf8ToBytes('MuSig2MuSig2MuSig2'));
}

/**
 * The extended key below which the keys of several signers are derived (BIP 328).
 *
 * @param keys compressed, in the order of aggregation
 * @throws `MUSIG_…`
 */
export function musigExtendedKey(keys: readonly Bytes[], network: 'main' | 'test'): string {
  const publicKey = musig.plainKey(musig.aggregateKeys(keys));
  const key = new HDKey({ versions: XKEY_VERSIONS[network], chainCode: chainCode(), publicKey });
  return key.publicExtendedKey;
}
