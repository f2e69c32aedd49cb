import { concatBytes } from '@ninefold/base';
import { decodeTransaction, parseScriptFlags, type TxOutput, verifyInput } from '@ninefold/vm-bitcoin-script';
import bitcore from 'bitcore-lib';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, fromHex, readJson } from './vectors.ts';

type Spend = { readonly scriptSig: string; readonly witness: readonly string[] };
type Vector = {
  readonly tx: string;
  readonly prevouts: readonly string[];
  readonly index: number;
  readonly flags: string;
  readonly comment: string;
  readonly name: string;
  readonly success?: Spend;
  readonly failure?: Spend;
};

/** Every Taproot case by our interpreter and by bitcore-lib's: both find the same valid. */
export function runTaprootPeer(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/taproot-peer');
  for (const vector of readJson<readonly Vector[]>(folder, 'script_assets_slice.json.gz')) {
    const flags = parseScriptFlags(vector.flags);
    for (const kind of ['success', 'failure'] as const) {
      const spend = vector[kind];
      if (spend === undefined) continue;
      cases.equal(
        `${vector.name} ${vector.comment} ${kind}`,
        () => String(ourVerdict(vector, spend, flags)),
        String(theirVerdict(vector, spend, flags)),
      );
    }
  }
  return cases.result();
}

function ourVerdict({ tx: hex, prevouts, index }: Vector, spend: Spend, flags: number): boolean {
  const template = decodeTransaction(fromHex(hex));
  const spent = prevouts.map((prevout) => {
    const wire = concatBytes(Uint8Array.of(1, 0, 0, 0, 0, 1), fromHex(prevout), new Uint8Array(4));
    return decodeTransaction(wire, { witness: false }).outputs[0] as TxOutput;
  });
  const own = { scriptSig: fromHex(spend.scriptSig), witness: spend.witness.map(fromHex) };
  const inputs = template.inputs.map((input, i) => (i === index ? { ...input, ...own } : input));
  return verifyInput({ ...template, inputs }, spent, index, flags) === undefined;
}

function theirVerdict({ tx: hex, prevouts, index }: Vector, spend: Spend, flags: number): boolean {
  const tx = new bitcore.Transaction(hex);
  const outputs = prevouts.map((prevout) =>
    bitcore.Transaction.Output.fromBufferReader(
      new bitcore.encoding.BufferReader(Buffer.from(prevout, 'hex')),
    ),
  );
  outputs.forEach((output, i) => {
    const input = tx.inputs[i];
    if (input !== undefined) input.output = output;
  });
  const own = outputs[index];
  if (own === undefined) return false;
  try {
    return new bitcore.Script.Interpreter().verify(
      new bitcore.Script(Buffer.from(spend.scriptSig, 'hex')),
      own.script,
      tx,
      index,
      flags,
      spend.witness.map((item) => Buffer.from(item, 'hex')),
      own.satoshis,
    );
  } catch {
    // It throws for some encodings it finds invalid.
    return false;
  }
}
