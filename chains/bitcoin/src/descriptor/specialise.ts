import { bytesToHex, compareBytes } from '@ninefold/base';
import type { AddressFormat } from '../tx/address.ts';
import { type Descriptor, type DescriptorNode, type DescriptorOutput, formatNode } from './descriptor.ts';
import { inferDescriptor } from './infer.ts';
import { formatPath, type KeyExpression } from './keys.ts';

/**
 * The descriptor of one output of a range: its keys are those of the index, with where they come
 * from. Without checksum.
 *
 * @param n which of the outputs of the index: `combo` has several
 */
export function specialise(descriptor: Descriptor, index: number, n: number, format: AddressFormat): string {
  const { node } = descriptor;
  const show = (key: KeyExpression): string => {
    const { publicKey, origin } = key.derive(index);
    const fingerprint = bytesToHex(origin.fingerprint).slice(2);
    return `[${fingerprint}${formatPath(origin.path)}]${bytesToHex(publicKey).slice(2)}`;
  };
  switch (node.kind) {
    case 'addr':
    case 'raw': {
      const { scriptPubKey } = descriptor.outputs(index)[n] as DescriptorOutput;
      return inferDescriptor(scriptPubKey, format).replace(/#.*$/, '');
    }
    case 'combo': {
      const key = show(node.key);
      return [`pk(${key})`, `pkh(${key})`, `wpkh(${key})`, `sh(wpkh(${key}))`][n] as string;
    }
    default:
      return formatNode(sorted(node, index), show, format);
  }
}

/** Keys that are sorted where they are used stand in that order once they are known. */
function sorted(node: DescriptorNode, index: number): DescriptorNode {
  switch (node.kind) {
    case 'sh':
    case 'wsh':
      return { ...node, sub: sorted(node.sub, index) };
    case 'sortedmulti':
    case 'sortedmulti_a':
      return {
        ...node,
        kind: node.kind === 'sortedmulti' ? 'multi' : 'multi_a',
        keys: [...node.keys].sort((a, b) =>
          compareBytes(a.derive(index).publicKey, b.derive(index).publicKey),
        ),
      };
    default:
      return node;
  }
}
