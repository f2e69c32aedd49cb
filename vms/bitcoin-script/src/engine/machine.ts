import { type Bytes, defineErrors, equalBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import {
  encodePush,
  isPayToAnchor,
  isPayToScriptHash,
  isPushOnly,
  nextInstruction,
  type WitnessProgram,
  witnessProgramOf,
} from '../code/script.ts';
import type { ScriptError } from '../spec/errors.ts';
import { requireConsistentFlags, SCRIPT_FLAGS } from '../spec/flags.ts';
import {
  ANNEX_TAG,
  MAX_SCRIPT_ELEMENT_SIZE,
  MAX_SCRIPT_ELEMENT_SIZE_REDUCED,
  MAX_STACK_SIZE,
  TAPROOT_CONTROL_BASE_SIZE,
  TAPROOT_CONTROL_MAX_NODE_COUNT_REDUCED,
  TAPROOT_CONTROL_NODE_SIZE,
  TAPROOT_LEAF_MASK,
  TAPROOT_LEAF_TAPSCRIPT,
  VALIDATION_WEIGHT_OFFSET,
} from '../spec/limits.ts';
import { isSuccessOpcode, OP } from '../spec/opcodes.ts';
import type { TxInput, TxOutput } from '../tx/transaction.ts';
import { witnessSize } from '../tx/transaction.ts';
import { ScriptExecution, type ScriptVersion, type TapscriptContext, topIsTrue } from './execution.ts';
import { createTransactionChecker, type SignatureChecker } from './signature-checker.ts';
import type { SignatureHasher } from './signature-hash.ts';
import { annexHashOf, isControlBlockSize, tapLeafHash, verifyTaprootCommitment } from './taproot.ts';

/** Which of an input's scripts is running. */
export type ScriptPhase = 'scriptSig' | 'scriptPubKey' | 'redeemScript' | 'witnessScript' | 'done';

const {
  CLEANSTACK,
  DISCOURAGE_OP_SUCCESS,
  DISCOURAGE_UPGRADABLE_TAPROOT_VERSION,
  DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM,
  P2SH,
  REDUCED_DATA,
  SIGPUSHONLY,
  TAPROOT,
  WITNESS,
} = SCRIPT_FLAGS;

/** BIP 110, rule 5. */
const MAX_CONTROL_SIZE_REDUCED =
  TAPROOT_CONTROL_BASE_SIZE + TAPROOT_CONTROL_NODE_SIZE * TAPROOT_CONTROL_MAX_NODE_COUNT_REDUCED;

const fail = defineErrors({
  SCRIPT_NO_INPUT: (c: { readonly index: number; readonly inputs: number; readonly spent: number }) =>
    `There is no input ${c.index} to verify: the transaction has ${c.inputs}, and ${c.spent} spent outputs are known`,
});

/**
 * Verifies one input of a transaction, script by script and instruction by instruction. Running it to
 * the end is the verification; stopping in between is the debugger.
 *
 * @example
 * const machine = new ScriptMachine(new SignatureHasher(tx, spentOutputs), 0, CONSENSUS_FLAGS);
 * while (machine.step()) console.log(machine.phase, machine.execution.pc, machine.execution.stack);
 * machine.error; // undefined when the input is valid
 */
export class ScriptMachine {
  readonly flags: number;
  readonly #checker: SignatureChecker;
  readonly #scriptSig: Bytes;
  readonly #scriptPubKey: Bytes;
  readonly #witness: readonly Bytes[];
  #phase: ScriptPhase = 'scriptSig';
  #execution: ScriptExecution;
  #error: ScriptError | undefined;
  /** The stack after the scriptSig, which a redeem script starts from. */
  #inputStack: Bytes[] = [];
  #hadWitness = false;

  /** @throws `SCRIPT_NO_INPUT`, `SCRIPT_INCONSISTENT_FLAGS` */
  constructor(hasher: SignatureHasher, index: number, flags: number) {
    const { tx, spentOutputs } = hasher;
    const input = tx.inputs[index] as TxInput | undefined;
    const spent = spentOutputs[index] as TxOutput | undefined;
    if (input === undefined || spent === undefined || spentOutputs.length !== tx.inputs.length) {
      throw fail('SCRIPT_NO_INPUT', { index, inputs: tx.inputs.length, spent: spentOutputs.length });
    }
    requireConsistentFlags(flags);
    this.flags = flags;
    this.#scriptSig = input.scriptSig;
    this.#scriptPubKey = spent.scriptPubKey;
    this.#witness = input.witness;
    this.#checker = createTransactionChecker(hasher, index);
    const endsWithRedeemScript = (flags & P2SH) !== 0 && isPayToScriptHash(this.#scriptPubKey);
    this.#execution = new ScriptExecution(
      this.#scriptSig,
      [],
      flags,
      'legacy',
      this.#checker,
      undefined,
      endsWithRedeemScript,
    );
    if ((flags & SIGPUSHONLY) !== 0 && !isPushOnly(this.#scriptSig)) this.#finish('SIG_PUSHONLY');
  }

  /** Which script runs. */
  get phase(): ScriptPhase {
    return this.#phase;
  }

  /** The script that runs, or the last one that did: its stacks, place and conditions. */
  get execution(): ScriptExecution {
    return this.#execution;
  }

  get isRunning(): boolean {
    return this.#phase !== 'done';
  }

  /** Why the input is not valid; undefined as well while it is running. */
  get error(): ScriptError | undefined {
    return this.#error;
  }

  /**
   * Executes one instruction, or passes from a script's end to the next script.
   *
   * @returns false when all is done
   */
  step(): boolean {
    if (!this.isRunning) return false;
    if (!this.#execution.step()) this.#next(this.#execution.error);
    return this.isRunning;
  }

  /** Runs to the end: why the input is not valid, or undefined when it is. */
  run(): ScriptError | undefined {
    while (this.isRunning) this.#next(this.#execution.run());
    return this.#error;
  }

  #start(
    script: Bytes,
    stack: Bytes[],
    version: ScriptVersion = 'legacy',
    context?: TapscriptContext,
  ): ScriptExecution {
    return new ScriptExecution(script, stack, this.flags, version, this.#checker, context);
  }

  #finish(error: ScriptError | undefined): void {
    this.#error = error;
    this.#phase = 'done';
  }

  #enter(phase: ScriptPhase, execution: ScriptExecution): void {
    this.#phase = phase;
    this.#execution = execution;
  }

  /** What comes after the script that has ended. */
  #next(error: ScriptError | undefined): void {
    if (error !== undefined) return this.#finish(error);
    const { stack } = this.#execution;
    switch (this.#phase) {
      case 'scriptSig':
        this.#inputStack = stack.slice();
        return this.#enter('scriptPubKey', this.#start(this.#scriptPubKey, stack));
      case 'scriptPubKey':
        return this.#afterScriptPubKey(stack);
      case 'redeemScript':
        return this.#afterRedeemScript(stack);
      default:
        // Inside witnesses, a clean stack is consensus.
        if (stack.length !== 1) return this.#finish('CLEANSTACK');
        if (!topIsTrue(stack)) return this.#finish('EVAL_FALSE');
        return this.#finish(undefined);
    }
  }

  #afterScriptPubKey(stack: Bytes[]): void {
    if (!topIsTrue(stack)) return this.#finish('EVAL_FALSE');
    const program = (this.flags & WITNESS) !== 0 ? witnessProgramOf(this.#scriptPubKey) : undefined;
    if (program !== undefined) {
      this.#hadWitness = true;
      if (this.#scriptSig.length !== 0) return this.#finish('WITNESS_MALLEATED');
      return this.#enterWitness(program, false);
    }
    if ((this.flags & P2SH) === 0 || !isPayToScriptHash(this.#scriptPubKey)) return this.#finishLegacy(stack);
    if (!isPushOnly(this.#scriptSig)) return this.#finish('SIG_PUSHONLY');
    // The output's script has succeeded on this stack: it is not empty.
    const redeemScript = this.#inputStack.pop() as Bytes;
    return this.#enter('redeemScript', this.#start(redeemScript, this.#inputStack));
  }

  #afterRedeemScript(stack: Bytes[]): void {
    if (!topIsTrue(stack)) return this.#finish('EVAL_FALSE');
    const { script } = this.#execution;
    const program = (this.flags & WITNESS) !== 0 ? witnessProgramOf(script) : undefined;
    if (program === undefined) return this.#finishLegacy(stack);
    this.#hadWitness = true;
    // Anything more in the scriptSig could be changed by others.
    if (!equalBytes(this.#scriptSig, encodePush(script))) return this.#finish('WITNESS_MALLEATED_P2SH');
    return this.#enterWitness(program, true);
  }

  #finishLegacy(stack: readonly Bytes[]): void {
    if ((this.flags & CLEANSTACK) !== 0 && stack.length !== 1) return this.#finish('CLEANSTACK');
    if ((this.flags & WITNESS) !== 0 && !this.#hadWitness && this.#witness.length > 0) {
      return this.#finish('WITNESS_UNEXPECTED');
    }
    return this.#finish(undefined);
  }

  #enterWitness(program: WitnessProgram, nested: boolean): void {
    if (program.version === 0) return this.#enterWitnessV0(program.program);
    if (program.version === 1 && program.program.length === 32 && !nested) {
      return this.#enterTaproot(program.program);
    }
    const reduced = (this.flags & REDUCED_DATA) !== 0;
    if (!nested && isPayToAnchor(program) && !(reduced && this.#witness.length > 0)) {
      return this.#finish(undefined);
    }
    // Other programs are kept for soft forks: until then, anyone may spend them.
    return this.#finish(
      reduced || (this.flags & DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM) !== 0
        ? 'DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM'
        : undefined,
    );
  }

  #enterWitnessV0(program: Bytes): void {
    const witness = this.#witness;
    if (program.length === 32) {
      const script = witness[witness.length - 1];
      if (script === undefined) return this.#finish('WITNESS_PROGRAM_WITNESS_EMPTY');
      if (!equalBytes(sha256(script), program)) return this.#finish('WITNESS_PROGRAM_MISMATCH');
      return this.#enterWitnessScript(script, witness.slice(0, -1), 'witness-v0');
    }
    if (program.length !== 20) return this.#finish('WITNESS_PROGRAM_WRONG_LENGTH');
    if (witness.length !== 2) return this.#finish('WITNESS_PROGRAM_MISMATCH');
    const script = Uint8Array.of(
      OP.OP_DUP,
      OP.OP_HASH160,
      ...encodePush(program),
      OP.OP_EQUALVERIFY,
      OP.OP_CHECKSIG,
    );
    return this.#enterWitnessScript(script, witness.slice(), 'witness-v0');
  }

  #enterTaproot(outputKey: Bytes): void {
    if ((this.flags & TAPROOT) === 0) return this.#finish(undefined);
    const stack = this.#witness.slice();
    if (stack.length === 0) return this.#finish('WITNESS_PROGRAM_WITNESS_EMPTY');
    const annex = stack.length >= 2 && stack[stack.length - 1]?.[0] === ANNEX_TAG ? stack.pop() : undefined;
    const reduced = (this.flags & REDUCED_DATA) !== 0;
    if (reduced && annex !== undefined) return this.#finish('PUSH_SIZE');
    const annexHash = annex && annexHashOf(annex);
    if (stack.length === 1) {
      return this.#finish(this.#checker.checkSchnorr(stack[0] as Bytes, outputKey, annexHash, undefined));
    }
    const control = stack.pop() as Bytes;
    const script = stack.pop() as Bytes;
    if (!isControlBlockSize(control.length) || (reduced && control.length > MAX_CONTROL_SIZE_REDUCED)) {
      return this.#finish('TAPROOT_WRONG_CONTROL_SIZE');
    }
    const leafVersion = (control[0] as number) & TAPROOT_LEAF_MASK;
    const leafHash = tapLeafHash(leafVersion, script);
    if (!verifyTaprootCommitment(control, outputKey, leafHash)) {
      return this.#finish('WITNESS_PROGRAM_MISMATCH');
    }
    if (leafVersion === TAPROOT_LEAF_TAPSCRIPT) {
      const validationWeight = witnessSize(this.#witness) + VALIDATION_WEIGHT_OFFSET;
      return this.#enterWitnessScript(script, stack, 'tapscript', { leafHash, annexHash, validationWeight });
    }
    return this.#finish(
      reduced || (this.flags & DISCOURAGE_UPGRADABLE_TAPROOT_VERSION) !== 0
        ? 'DISCOURAGE_UPGRADABLE_TAPROOT_VERSION'
        : undefined,
    );
  }

  #enterWitnessScript(
    script: Bytes,
    stack: Bytes[],
    version: ScriptVersion,
    context?: TapscriptContext,
  ): void {
    if (version === 'tapscript') {
      const found = findSuccess(script);
      if (found === 'cut-off') return this.#finish('BAD_OPCODE');
      if (found === 'success') {
        const refused = (this.flags & (DISCOURAGE_OP_SUCCESS | REDUCED_DATA)) !== 0;
        return this.#finish(refused ? 'DISCOURAGE_OP_SUCCESS' : undefined);
      }
      if (stack.length > MAX_STACK_SIZE) return this.#finish('STACK_SIZE');
    }
    const limit =
      (this.flags & REDUCED_DATA) !== 0 ? MAX_SCRIPT_ELEMENT_SIZE_REDUCED : MAX_SCRIPT_ELEMENT_SIZE;
    if (stack.some(({ length }) => length > limit)) return this.#finish('PUSH_SIZE');
    return this.#enter('witnessScript', this.#start(script, stack, version, context));
  }
}

/** Whether an OP_SUCCESSx stands in a tapscript before it is cut off. It overrides all limits. */
function findSuccess(script: Bytes): 'success' | 'cut-off' | 'none' {
  for (let pc = 0; pc < script.length;) {
    // A cut-off push is no OP_SUCCESSx, so that the order of the two checks does not matter.
    if (isSuccessOpcode(script[pc] as number)) return 'success';
    pc = nextInstruction(script, pc);
    if (pc < 0) return 'cut-off';
  }
  return 'none';
}
