import type { Bytes } from '@ninefold/base';
import { EMPTY_BYTES } from '@ninefold/base';
import { SCRIPT_FLAGS } from '../spec/flags.ts';
import { MAX_PUBKEYS_PER_MULTISIG, WITNESS_SCALE_FACTOR } from '../spec/limits.ts';
import { OP } from '../spec/opcodes.ts';
import type { Transaction, TxInput, TxOutput } from '../tx/transaction.ts';
import { isCoinbase } from '../tx/transaction.ts';
import {
  isPayToScriptHash,
  isPushOnly,
  nextInstruction,
  pushData,
  type WitnessProgram,
  witnessProgramOf,
} from './script.ts';

/*
 * How many signature checks a transaction could ask for at most: what blocks have a limit on. The
 * count looks at scripts without running them.
 */

/**
 * The checks in a script. A multisig counts 20, unless `accurate` and a number of keys stands right
 * before it.
 */
export function countSigops(script: Bytes, accurate: boolean): number {
  let count = 0;
  let previous = -1;
  for (let pc = 0; pc < script.length;) {
    const next = nextInstruction(script, pc);
    if (next < 0) break;
    const opcode = script[pc] as number;
    if (opcode === OP.OP_CHECKSIG || opcode === OP.OP_CHECKSIGVERIFY) count++;
    else if (opcode === OP.OP_CHECKMULTISIG || opcode === OP.OP_CHECKMULTISIGVERIFY) {
      const known = accurate && previous >= OP.OP_1 && previous <= OP.OP_16;
      count += known ? previous - OP.OP_1 + 1 : MAX_PUBKEYS_PER_MULTISIG;
    }
    previous = opcode;
    pc = next;
  }
  return count;
}

/** What the last push of a scriptSig pushes; undefined when it is not of pushes only. */
function lastPush(scriptSig: Bytes): Bytes | undefined {
  if (!isPushOnly(scriptSig)) return undefined;
  let data: Bytes = EMPTY_BYTES;
  for (let pc = 0; pc < scriptSig.length;) {
    const next = nextInstruction(scriptSig, pc);
    data = (scriptSig[pc] as number) <= OP.OP_PUSHDATA4 ? pushData(scriptSig, pc, next) : EMPTY_BYTES;
    pc = next;
  }
  return data;
}

/** The checks in the scripts of a transaction itself, none of them in a script behind a hash. */
export function countLegacySigops(tx: Transaction): number {
  let count = 0;
  for (const { scriptSig } of tx.inputs) count += countSigops(scriptSig, false);
  for (const { scriptPubKey } of tx.outputs) count += countSigops(scriptPubKey, false);
  return count;
}

function countScriptHashSigops(input: TxInput, spent: TxOutput): number {
  if (!isPayToScriptHash(spent.scriptPubKey)) return 0;
  const redeemScript = lastPush(input.scriptSig);
  return redeemScript === undefined ? 0 : countSigops(redeemScript, true);
}

function countProgramSigops({ version, program }: WitnessProgram, witness: readonly Bytes[]): number {
  if (version !== 0) return 0;
  if (program.length === 20) return 1;
  const script = witness[witness.length - 1];
  return program.length === 32 && script !== undefined ? countSigops(script, true) : 0;
}

function countWitnessSigops(input: TxInput, spent: TxOutput): number {
  const program = witnessProgramOf(spent.scriptPubKey);
  if (program !== undefined) return countProgramSigops(program, input.witness);
  if (!isPayToScriptHash(spent.scriptPubKey)) return 0;
  const redeemScript = lastPush(input.scriptSig);
  const nested = redeemScript && witnessProgramOf(redeemScript);
  return nested === undefined ? 0 : countProgramSigops(nested, input.witness);
}

/**
 * The cost of a transaction's signature checks (BIP 141): those of legacy and P2SH scripts count
 * four each, those of witness v0 one, those of tapscripts have their own budget and count none.
 *
 * @param spent the outputs its inputs spend, in their order; not read for a coinbase
 * @param flags whether P2SH and WITNESS hold
 */
export function sigopCost(tx: Transaction, spent: readonly TxOutput[], flags: number): number {
  let cost = countLegacySigops(tx) * WITNESS_SCALE_FACTOR;
  if (isCoinbase(tx)) return cost;
  tx.inputs.forEach((input, i) => {
    const output = spent[i] as TxOutput;
    if ((flags & SCRIPT_FLAGS.P2SH) !== 0)
      cost += countScriptHashSigops(input, output) * WITNESS_SCALE_FACTOR;
    if ((flags & SCRIPT_FLAGS.WITNESS) !== 0) cost += countWitnessSigops(input, output);
  });
  return cost;
}
