import { type Bytes, bytesToHex, equalBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { type AddressFormat, scriptToAddress } from '../tx/address.ts';
import { classifyScript } from '../tx/script-type.ts';
import { withChecksum } from './checksum.ts';
import { isXOnlyPoint } from './descriptor.ts';
import { isPoint } from './keys.ts';

const MAX_BARE_KEYS = 3;
const hex = (bytes: Bytes): string => bytesToHex(bytes).slice(2);

/**
 * The descriptor of an output of which nothing is known but its script, and perhaps the one behind
 * its hash.
 */
export function inferDescriptor(script: Bytes, format: AddressFormat, behind?: Bytes): string {
  return withChecksum(inferBody(script, format, behind));
}

function inferBody(script: Bytes, format: AddressFormat, behind: Bytes | undefined): string {
  const { type, parts, required } = classifyScript(script);
  const [part] = parts;
  switch (type) {
    case 'pubkey':
      if (isPoint(part as Bytes)) return `pk(${hex(part as Bytes)})`;
      break;
    case 'multisig':
      if (parts.length <= MAX_BARE_KEYS && parts.every(isPoint)) {
        return `multi(${[required, ...parts.map(hex)].join(',')})`;
      }
      break;
    case 'witness_v1_taproot':
      if (isXOnlyPoint(part as Bytes)) return `rawtr(${hex(part as Bytes)})`;
      break;
    case 'witness_v0_scripthash':
      if (behind !== undefined && equalBytes(sha256(behind), part as Bytes)) {
        const inner = inferInner(behind);
        if (inner !== undefined) return `wsh(${inner})`;
      }
      break;
    default:
  }
  const address = scriptToAddress(script, format);
  return address === undefined ? `raw(${hex(script)})` : `addr(${address})`;
}

/** The expression of a script behind a witness program. */
function inferInner(script: Bytes): string | undefined {
  const { type, parts, required } = classifyScript(script);
  const compressed = parts.every((key) => key.length === 33 && isPoint(key));
  if (type === 'multisig' && compressed) return `multi(${[required, ...parts.map(hex)].join(',')})`;
  return type === 'pubkey' && compressed ? `pk(${hex(parts[0] as Bytes)})` : undefined;
}
