import {
  base64ToBytes,
  type Bytes,
  bytesToBase64,
  concatBytes,
  defineErrors,
  EMPTY_BYTES,
  equalBytes,
  isNinefoldError,
  utf8ToBytes,
} from '@ninefold/base';
import { type TaggedHash, taggedHash } from '@ninefold/crypto';
import {
  decodeTransaction,
  encodePush,
  encodeTransaction,
  NULL_VOUT,
  OP,
  SCRIPT_FLAGS,
  STANDARD_FLAGS,
  type Transaction,
  txidOf,
  type TxOutput,
  verifyInputs,
  WireReader,
} from '@ninefold/vm-bitcoin-script';
import { decodePsbt } from '../psbt/psbt.ts';
import { allSpent, encodeWitness } from '../psbt/edit.ts';
import { extractPsbt } from '../psbt/roles.ts';
import type { KeyRing } from './key-ring.ts';
import { signTransaction } from './sign.ts';

/*
 * Generic signed messages (BIP 322): a signature of a message is one of a transaction that could
 * never be in a block, whose input spends the address's script.
 */

/** The three forms, by the prefix before base64. */
export type MessageSignatureKind = 'simple' | 'full' | 'proof-of-funds';

const PREFIXES: readonly (readonly [string, MessageSignatureKind])[] = [
  ['smp', 'simple'],
  ['ful', 'full'],
  ['pof', 'proof-of-funds'],
];

const fail = defineErrors({
  BIP322_MALFORMED: (c: { readonly reason: string }) => `The signature cannot be read: ${c.reason}`,
  BIP322_CANNOT_SIGN: (_context: Readonly<Record<string, never>>) =>
    'The keys at hand do not suffice to sign for this script',
});

/** What scripts are run by: what is relayed, but a signature may use what a soft fork may define. */
const FLAGS = STANDARD_FLAGS & ~SCRIPT_FLAGS.DISCOURAGE_UPGRADABLE_NOPS;
const NOTHING: TxOutput = { value: 0n, scriptPubKey: Uint8Array.of(OP.OP_RETURN) };

let hash: TaggedHash | undefined;

/** The hash of a message. */
export function signedMessageHash(message: string): Bytes {
  hash ??= taggedHash('BIP0322-signed-message');
  return hash(utf8ToBytes(message));
}

/** The transaction that commits to a message and has an output with the script. */
export function toSpend(message: string, scriptPubKey: Bytes): Transaction {
  return {
    version: 0,
    inputs: [
      {
        prevout: { txid: new Uint8Array(32), vout: NULL_VOUT },
        scriptSig: concatBytes(Uint8Array.of(OP.OP_0), encodePush(signedMessageHash(message))),
        sequence: 0,
        witness: [],
      },
    ],
    outputs: [{ value: 0n, scriptPubKey }],
    locktime: 0,
  };
}

/** The transaction that is signed. */
export function toSign(
  spend: Transaction,
  options: { readonly version?: number; readonly locktime?: number; readonly sequence?: number } = {},
): Transaction {
  const { version = 0, locktime = 0, sequence = 0 } = options;
  return {
    version,
    inputs: [{ prevout: { txid: txidOf(spend), vout: 0 }, scriptSig: EMPTY_BYTES, sequence, witness: [] }],
    outputs: [NOTHING],
    locktime,
  };
}

/**
 * Signs a message for a script: the simple form where a witness is all there is.
 *
 * @throws `BIP322_CANNOT_SIGN`
 */
export function signMessageFor(message: string, scriptPubKey: Bytes, ring: KeyRing): string {
  const spend = toSpend(message, scriptPubKey);
  const { tx, unsolved } = signTransaction(toSign(spend), spend.outputs, { ring });
  const [input] = tx.inputs;
  if (unsolved.length > 0 || input === undefined) throw fail('BIP322_CANNOT_SIGN', {});
  return input.scriptSig.length === 0
    ? `smp${bytesToBase64(encodeWitness(input.witness))}`
    : `ful${bytesToBase64(encodeTransaction(tx))}`;
}

/**
 * Whether a signature of any form is one of the message by who can spend the script.
 *
 * @throws `BIP322_MALFORMED` where it cannot be read
 */
export function verifyMessageFor(message: string, scriptPubKey: Bytes, signature: string): boolean {
  const found = PREFIXES.find(([prefix]) => signature.startsWith(prefix));
  const kind = found?.[1] ?? 'simple';
  const bytes = readBase64(found === undefined ? signature : signature.slice(3));
  if (bytes.length === 0) throw fail('BIP322_MALFORMED', { reason: 'signature too short' });
  const spend = toSpend(message, scriptPubKey);
  const { tx, spent } = readAs(kind, bytes, spend);
  const [first] = tx.inputs;
  const [output] = tx.outputs;
  const fits =
    first !== undefined &&
    first.prevout.vout === 0 &&
    equalBytes(first.prevout.txid, txidOf(spend)) &&
    (tx.version === 0 || tx.version === 2) &&
    tx.outputs.length === 1 &&
    output?.value === 0n &&
    equalBytes(output.scriptPubKey, NOTHING.scriptPubKey) &&
    spent.length === tx.inputs.length;
  return fits && verifyInputs(tx, spent, FLAGS) === undefined;
}

function readAs(
  kind: MessageSignatureKind,
  bytes: Bytes,
  spend: Transaction,
): { readonly tx: Transaction; readonly spent: readonly TxOutput[] } {
  try {
    switch (kind) {
      case 'simple': {
        const tx = toSign(spend);
        const inputs = tx.inputs.map((input) => ({ ...input, witness: readWitness(bytes) }));
        return { tx: { ...tx, inputs }, spent: spend.outputs };
      }
      case 'full': {
        const tx = decodeTransaction(bytes);
        return { tx, spent: spend.outputs };
      }
      case 'proof-of-funds': {
        const psbt = decodePsbt(bytes);
        const known = allSpent(psbt).slice(1);
        const funds = known.filter((output) => output !== undefined);
        // The first input's output is the message's own, whatever the envelope says of it.
        return { tx: extractPsbt(psbt), spent: [...spend.outputs, ...funds] };
      }
    }
  } catch (cause) {
    if (!isNinefoldError(cause)) throw cause;
    throw fail('BIP322_MALFORMED', { reason: `error parsing signature as ${kind} variant` }, { cause });
  }
}

function readWitness(bytes: Bytes): Bytes[] {
  const reader = new WireReader(bytes);
  const witness = reader.list(1, () => reader.blob());
  reader.end();
  return witness;
}

function readBase64(text: string): Bytes {
  if (!/^[A-Za-z\d+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw fail('BIP322_MALFORMED', { reason: 'error decoding signature as base64' });
  }
  return base64ToBytes(text);
}
