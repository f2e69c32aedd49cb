import { base64ToBytes, bytesToBase64, isNinefoldError } from '@ninefold/base';
import {
  encodeTransaction,
  hashToHex,
  isPayToScriptHash,
  type TxOutput,
  witnessProgramOf,
} from '@ninefold/vm-bitcoin-script';
import { analyzePsbt } from '../psbt/analysis.ts';
import { createPsbt, psbtSpent } from '../psbt/edit.ts';
import { psbtField, type PsbtScope } from '../psbt/fields.ts';
import { decodePsbt, encodePsbt, type Psbt, type PsbtMap, psbtTransaction } from '../psbt/psbt.ts';
import {
  combinePsbts,
  describeScript,
  extractPsbt,
  finalizePsbt,
  isFinal,
  signPsbt,
  updateUtxo,
  withInput,
  withOutput,
} from '../psbt/roles.ts';
import { KeyRing } from '../wallet/key-ring.ts';
import type { Api } from './api.ts';
import { invalidParameter, undecodable } from './errors.ts';
import { hex, type Json } from './format.ts';
import { may, methodsOf, need, type RpcMethods } from './method.ts';
import { formatAnalysis, formatPsbt } from './psbt-format.ts';
import { parseObject, parseTransaction } from './parse.ts';
import { readHashType, readUnsigned, UNSIGNED_PARAMS } from './raw-transactions.ts';
import { readDescriptor, readRange } from './scan.ts';

const DEFAULT_RANGE = 1000;

/** A PSBT in base64. */
export function readPsbt(text: string): Psbt {
  try {
    return decodePsbt(base64ToBytes(text));
  } catch (error) {
    if (isNinefoldError(error, 'BASE_INVALID_BASE64')) throw undecodable('TX decode failed invalid base64');
    if (isNinefoldError(error)) throw undecodable(`TX decode failed ${error.message}`);
    throw error;
  }
}

export function writePsbt(psbt: Psbt): string {
  return bytesToBase64(encodePsbt(psbt));
}

/** Methods about partially signed transactions. */
export function psbtMethods(api: Api): RpcMethods {
  const { format } = api;
  return methodsOf('Rawtransactions', {
    createpsbt: [
      'Makes a PSBT of inputs and outputs.',
      [...UNSIGNED_PARAMS, may('psbt_version', 'number')],
      (args) => {
        const tx = readUnsigned(args, format);
        const version = args.integer('psbt_version', 0);
        if (version !== 0 && version !== 2) throw invalidParameter('The PSBT version can only be 2 or 0');
        return writePsbt(createPsbt(tx, version));
      },
    ],
    converttopsbt: [
      'Makes a PSBT of a transaction without its signatures.',
      [need('hexstring', 'string'), may('permitsigdata', 'bool'), may('iswitness', 'bool')],
      (args) => {
        const tx = parseTransaction(args.string('hexstring'), {
          witness: args.any('iswitness') as boolean | undefined,
        });
        const signed = tx.inputs.some(({ scriptSig, witness }) => scriptSig.length > 0 || witness.length > 0);
        if (signed && !args.bool('permitsigdata', false)) {
          throw undecodable('Inputs must not have scriptSigs and scriptWitnesses');
        }
        return writePsbt(createPsbt(tx));
      },
    ],
    decodepsbt: [
      'Returns the parts of a PSBT.',
      [need('psbt', 'string')],
      (args) => formatPsbt(readPsbt(args.string('psbt')), api),
    ],
    analyzepsbt: [
      'Says what a PSBT needs next.',
      [need('psbt', 'string')],
      (args) => formatAnalysis(analyzePsbt(readPsbt(args.string('psbt')))),
    ],
    utxoupdatepsbt: [
      'Adds what inputs spend, and what descriptors know.',
      [need('psbt', 'string'), may('descriptors', 'array')],
      (args) => {
        const ring = ringOfDescriptors(api, args.maybeArray('descriptors') ?? []).withoutSecrets();
        return writePsbt(updatePsbt(api, readPsbt(args.string('psbt')), ring));
      },
    ],
    combinepsbt: [
      'Makes one of several PSBTs of a transaction.',
      [need('txs', 'array')],
      (args) => {
        const psbts = args.array('txs').map((text) => readPsbt(String(text)));
        const [first, ...others] = psbts;
        if (first === undefined) throw invalidParameter("Parameter 'txs' cannot be empty");
        try {
          return writePsbt(combinePsbts([first, ...others]));
        } catch (error) {
          if (isNinefoldError(error, 'PSBT_DIFFERENT_TRANSACTIONS')) {
            throw invalidParameter('PSBTs not compatible (different transactions)');
          }
          throw error;
        }
      },
    ],
    joinpsbts: [
      'Makes one transaction of several PSBTs: all their inputs and outputs.',
      [need('txs', 'array')],
      (args) => writePsbt(joinPsbts(args.array('txs').map((text) => readPsbt(String(text))))),
    ],
    finalizepsbt: [
      'Makes the transaction of a PSBT that is signed.',
      [need('psbt', 'string'), may('extract', 'bool')],
      (args) => {
        const { psbt, complete } = finalizePsbt(readPsbt(args.string('psbt')));
        if (!complete || !args.bool('extract', true)) return { psbt: writePsbt(psbt), complete };
        return { hex: hex(encodeTransaction(extractPsbt(psbt))), complete };
      },
    ],
    descriptorprocesspsbt: [
      'Updates a PSBT by descriptors, and signs with their keys.',
      [
        need('psbt', 'string'),
        need('descriptors', 'array'),
        may('sighashtype', 'string'),
        may('bip32derivs', 'bool'),
        may('finalize', 'bool'),
      ],
      (args) => {
        const ring = ringOfDescriptors(api, args.array('descriptors'));
        const hashType = readHashType(args.maybeString('sighashtype'));
        const updated = updatePsbt(api, readPsbt(args.string('psbt')), ring);
        return processed(signAs(updated, ring, hashType), ring, args.bool('finalize', true));
      },
    ],
  });
}

/** As {@link signPsbt}, with what it refuses as an answer. */
export function signAs(psbt: Psbt, ring: KeyRing, hashType?: number): Psbt {
  try {
    return signPsbt(psbt, ring, { hashType });
  } catch (error) {
    if (isNinefoldError(error, 'PSBT_HASH_TYPE_MISMATCH')) throw undecodable(error.message);
    throw error;
  }
}

/** What became of a PSBT that was signed: with the transaction when it is whole. */
export function processed(psbt: Psbt, ring: KeyRing, finalize: boolean): Json {
  const final = finalizePsbt(psbt, ring);
  const shown = finalize ? final.psbt : psbt;
  return {
    psbt: writePsbt(shown),
    complete: final.complete,
    hex: final.complete && finalize ? hex(encodeTransaction(extractPsbt(final.psbt))) : undefined,
  };
}

/** Keys and scripts of descriptors, each a text or an object with a range. */
export function ringOfDescriptors(api: Api, objects: readonly unknown[]): KeyRing {
  const ring = new KeyRing();
  for (const object of objects) {
    const { desc, range } =
      typeof object === 'string' ? { desc: object, range: undefined } : parseObject(object);
    const descriptor = readDescriptor(String(desc), api);
    const [begin, end] = range === undefined ? [0, DEFAULT_RANGE] : readRange(range);
    for (let index = begin; index <= (descriptor.isRange ? end : begin); index++) {
      ring.addDescriptor(descriptor, index);
    }
  }
  return ring;
}

/** Adds what inputs spend where it is known, and what a ring knows of inputs and outputs. */
export function updatePsbt(api: Api, psbt: Psbt, ring: KeyRing): Psbt {
  const { node } = api;
  let result = psbt;
  const tx = psbtTransaction(psbt);
  tx.inputs.forEach(({ prevout }, i) => {
    if (isFinal(psbt.inputs[i] as PsbtMap)) return;
    const id = hashToHex(prevout.txid);
    const previous = node.find(id)?.tx;
    const output = previous?.outputs[prevout.vout] ?? node.coin(id, prevout.vout, true);
    if (output !== undefined && psbtSpent(result, i) === undefined) {
      const segwit = isSegwitOutput(output, ring);
      result = updateUtxo(result, i, output, segwit ? undefined : previous, segwit);
    }
    const spent = psbtSpent(result, i);
    if (spent === undefined) return;
    result = withInput(
      result,
      i,
      describeScript(result.inputs[i] as PsbtMap, 'input', spent.scriptPubKey, ring),
    );
  });
  tx.outputs.forEach(({ scriptPubKey }, i) => {
    result = withOutput(
      result,
      i,
      describeScript(result.outputs[i] as PsbtMap, 'output', scriptPubKey, ring),
    );
  });
  return result;
}

function isSegwitOutput({ scriptPubKey }: TxOutput, ring: KeyRing): boolean {
  if (witnessProgramOf(scriptPubKey) !== undefined) return true;
  if (!isPayToScriptHash(scriptPubKey)) return false;
  const redeem = ring.script(scriptPubKey.subarray(2, 22));
  return redeem !== undefined && witnessProgramOf(redeem) !== undefined;
}

function joinPsbts(psbts: readonly Psbt[]): Psbt {
  if (psbts.length <= 1) throw invalidParameter('At least two PSBTs are required to join PSBTs.');
  const txs = psbts.map(psbtTransaction);
  const inputs = txs.flatMap((tx) => tx.inputs);
  const names = inputs.map(({ prevout }) => `${hashToHex(prevout.txid)}:${prevout.vout}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalidParameter(`Input ${twice} exists in multiple PSBTs`);
  const whole = createPsbt({
    version: Math.max(...txs.map(({ version }) => version)),
    inputs,
    outputs: txs.flatMap((tx) => tx.outputs),
    locktime: Math.min(...txs.map(({ locktime }) => locktime)),
  });
  return {
    ...whole,
    inputs: psbts.flatMap((psbt) => psbt.inputs.map((map) => ofVersion0(map, 'input'))),
    outputs: psbts.flatMap((psbt) => psbt.outputs.map((map) => ofVersion0(map, 'output'))),
  };
}

/** What a map tells that version 0 has a place for: the rest is in its transaction. */
function ofVersion0(map: PsbtMap, scope: PsbtScope): PsbtMap {
  return map.filter(({ type }) => psbtField(scope, type)?.version !== 2);
}
