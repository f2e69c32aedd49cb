import { type Bytes, EMPTY_BYTES } from '@ninefold/base';
import { isMinimalPush, nextInstruction, pushData } from '../code/script.ts';
import { decodeScriptNumber, encodeScriptNumber, isTrue } from '../code/script-number.ts';
import type { ScriptError } from '../spec/errors.ts';
import { SCRIPT_FLAGS } from '../spec/flags.ts';
import {
  MAX_LOCK_NUMBER_SIZE,
  MAX_OPS_PER_SCRIPT,
  MAX_SCRIPT_ELEMENT_SIZE,
  MAX_SCRIPT_ELEMENT_SIZE_REDUCED,
  MAX_SCRIPT_SIZE,
  MAX_STACK_SIZE,
  SEQUENCE_LOCKTIME_DISABLE_FLAG,
} from '../spec/limits.ts';
import { isDisabledOpcode, OP } from '../spec/opcodes.ts';
import { arithmeticOperation } from './arithmetic.ts';
import { checkMultisig, checkSignature } from './check-signature.ts';
import { hashOperation } from './hash-operations.ts';
import { lowWord, type SignatureChecker } from './signature-checker.ts';
import { NO_CODE_SEPARATOR } from './signature-hash.ts';
import { FALSE, stackOperation, TRUE } from './stack-operations.ts';

/** Whose rules a script runs by. */
export type ScriptVersion = 'legacy' | 'witness-v0' | 'tapscript';

/** What a tapscript knows of the input it is in. */
export type TapscriptContext = {
  readonly leafHash: Bytes;
  readonly annexHash: Bytes | undefined;
  /** Left for signature checks (BIP 342). */
  validationWeight: number;
};

const {
  CHECKLOCKTIMEVERIFY,
  CHECKSEQUENCEVERIFY,
  CONST_SCRIPTCODE,
  DISCOURAGE_UPGRADABLE_NOPS,
  MINIMALDATA,
  MINIMALIF,
  REDUCED_DATA,
} = SCRIPT_FLAGS;

/**
 * One script on its way from its first instruction to its last, or to where it fails. The stack is
 * taken over and left to the caller; elements on it are never written to.
 */
export class ScriptExecution {
  readonly script: Bytes;
  readonly stack: Bytes[];
  readonly altStack: Bytes[] = [];
  readonly flags: number;
  readonly version: ScriptVersion;
  readonly checker: SignatureChecker;
  /** There exactly in tapscripts. */
  readonly tapscript: TapscriptContext | undefined;
  /** One entry for each OP_IF around: whether its branch is taken. */
  readonly conditions: boolean[] = [];
  /** Of `conditions`, how many are false: instructions are executed when none is. */
  #falseConditions = 0;
  /** Where the next instruction begins. */
  pc = 0;
  /** Where the part of the script that signatures sign begins: behind the last OP_CODESEPARATOR. */
  codeStart = 0;
  codeSeparatorPosition: number = NO_CODE_SEPARATOR;
  opCount = 0;
  #position = 0;
  error: ScriptError | undefined;
  /** Whether a limit is set on the number of instructions, as before tapscript. */
  readonly #countsOps: boolean;
  readonly #elementLimit: number;
  /** Whether the push a script ends with may be as long as ever: a redeem script (BIP 110, rule 2). */
  readonly #lastPushIsFree: boolean;

  constructor(
    script: Bytes,
    stack: Bytes[],
    flags: number,
    version: ScriptVersion,
    checker: SignatureChecker,
    tapscript?: TapscriptContext,
    endsWithRedeemScript = false,
  ) {
    this.script = script;
    this.stack = stack;
    this.flags = flags;
    this.version = version;
    this.checker = checker;
    this.tapscript = tapscript;
    this.#countsOps = version !== 'tapscript';
    this.#elementLimit =
      (flags & REDUCED_DATA) !== 0 ? MAX_SCRIPT_ELEMENT_SIZE_REDUCED : MAX_SCRIPT_ELEMENT_SIZE;
    this.#lastPushIsFree = endsWithRedeemScript;
    if (this.#countsOps && script.length > MAX_SCRIPT_SIZE) this.error = 'SCRIPT_SIZE';
  }

  /** Whether the instruction at `pc` is in a branch that is taken. */
  get isExecuting(): boolean {
    return this.#falseConditions === 0;
  }

  /**
   * Executes one instruction.
   *
   * @returns whether there is more to do: false at the end and after a failure, which `error` names
   */
  step(): boolean {
    if (this.error !== undefined) return false;
    const { script, pc } = this;
    if (pc >= script.length) {
      if (this.conditions.length > 0) this.error = 'UNBALANCED_CONDITIONAL';
      return false;
    }
    this.error = this.#instruction(script, pc);
    this.#position++;
    return this.error === undefined;
  }

  /** Runs to the end; what `error` says is the result. */
  run(): ScriptError | undefined {
    while (this.step());
    return this.error;
  }

  // The order of the checks is Bitcoin Core's: which failure is reported depends on it.
  #instruction(script: Bytes, pc: number): ScriptError | undefined {
    const next = nextInstruction(script, pc);
    if (next < 0) return 'BAD_OPCODE';
    const opcode = script[pc] as number;
    const isPush = opcode <= OP.OP_PUSHDATA4;
    if (isPush && next - pc > this.#elementLimit) {
      const isFree = this.#lastPushIsFree && next === script.length;
      const limit = isFree ? MAX_SCRIPT_ELEMENT_SIZE : this.#elementLimit;
      if (pushData(script, pc, next).length > limit) return 'PUSH_SIZE';
    }
    if (this.#countsOps && opcode > OP.OP_16 && ++this.opCount > MAX_OPS_PER_SCRIPT) return 'OP_COUNT';
    if (isDisabledOpcode(opcode)) return 'DISABLED_OPCODE';
    if (
      opcode === OP.OP_CODESEPARATOR &&
      this.version === 'legacy' &&
      (this.flags & CONST_SCRIPTCODE) !== 0
    ) {
      return 'OP_CODESEPARATOR';
    }
    this.pc = next;
    let error: ScriptError | undefined;
    if (this.#falseConditions !== 0) {
      // Branches not taken are passed over, but for what ends them, and OP_VERIF that has to fail.
      if (opcode < OP.OP_IF || opcode > OP.OP_ENDIF) return undefined;
      error = this.#flow(opcode);
    } else if (isPush) {
      const data = pushData(script, pc, next);
      if ((this.flags & MINIMALDATA) !== 0 && !isMinimalPush(data, opcode)) return 'MINIMALDATA';
      this.stack.push(data);
    } else error = this.#execute(opcode);
    if (error === undefined && this.stack.length + this.altStack.length > MAX_STACK_SIZE) return 'STACK_SIZE';
    return error;
  }

  #execute(opcode: number): ScriptError | undefined {
    if (opcode <= OP.OP_16) {
      if (opcode === OP.OP_RESERVED) return 'BAD_OPCODE';
      this.stack.push(encodeScriptNumber(opcode - OP.OP_1 + 1));
      return undefined;
    }
    if (opcode <= OP.OP_RETURN) return this.#flow(opcode);
    if (opcode <= OP.OP_EQUALVERIFY) return stackOperation(opcode, this.stack, this.altStack, this.flags);
    if (opcode <= OP.OP_WITHIN) return arithmeticOperation(opcode, this.stack, this.flags);
    if (opcode <= OP.OP_HASH256) return hashOperation(opcode, this.stack);
    if (opcode <= OP.OP_CHECKMULTISIGVERIFY || opcode === OP.OP_CHECKSIGADD) return this.#signature(opcode);
    return this.#lock(opcode);
  }

  #flow(opcode: number): ScriptError | undefined {
    const { stack, conditions } = this;
    switch (opcode) {
      case OP.OP_NOP:
        return undefined;
      case OP.OP_IF:
      case OP.OP_NOTIF:
        return this.#if(opcode === OP.OP_NOTIF);
      case OP.OP_ELSE: {
        const last = conditions.length - 1;
        if (last < 0) return 'UNBALANCED_CONDITIONAL';
        const taken = conditions[last] !== true;
        conditions[last] = taken;
        this.#falseConditions += taken ? -1 : 1;
        return undefined;
      }
      case OP.OP_ENDIF: {
        const taken = conditions.pop();
        if (taken === undefined) return 'UNBALANCED_CONDITIONAL';
        if (!taken) this.#falseConditions--;
        return undefined;
      }
      case OP.OP_VERIFY: {
        const top = stack[stack.length - 1];
        if (top === undefined) return 'INVALID_STACK_OPERATION';
        if (!isTrue(top)) return 'VERIFY';
        stack.pop();
        return undefined;
      }
      case OP.OP_RETURN:
        return 'OP_RETURN';
      default:
        return 'BAD_OPCODE';
    }
  }

  #if(negated: boolean): ScriptError | undefined {
    let taken = false;
    if (this.#falseConditions === 0) {
      if (this.version === 'tapscript' && (this.flags & REDUCED_DATA) !== 0) return 'TAPSCRIPT_MINIMALIF';
      const truth = this.stack[this.stack.length - 1];
      if (truth === undefined) return 'INVALID_STACK_OPERATION';
      const minimal = truth.length === 0 || (truth.length === 1 && truth[0] === 1);
      if (!minimal && this.version === 'tapscript') return 'TAPSCRIPT_MINIMALIF';
      if (!minimal && this.version === 'witness-v0' && (this.flags & MINIMALIF) !== 0) return 'MINIMALIF';
      taken = isTrue(truth) !== negated;
      this.stack.pop();
    }
    this.conditions.push(taken);
    if (!taken) this.#falseConditions++;
    return undefined;
  }

  #lock(opcode: number): ScriptError | undefined {
    const flag =
      opcode === OP.OP_CHECKLOCKTIMEVERIFY
        ? CHECKLOCKTIMEVERIFY
        : opcode === OP.OP_CHECKSEQUENCEVERIFY
          ? CHECKSEQUENCEVERIFY
          : 0;
    if (flag === 0) {
      if (opcode < OP.OP_NOP1 || opcode > OP.OP_NOP10) return 'BAD_OPCODE';
      return (this.flags & DISCOURAGE_UPGRADABLE_NOPS) !== 0 ? 'DISCOURAGE_UPGRADABLE_NOPS' : undefined;
    }
    // Before its soft fork, the instruction does nothing.
    if ((this.flags & flag) === 0) return undefined;
    const top = this.stack[this.stack.length - 1];
    if (top === undefined) return 'INVALID_STACK_OPERATION';
    const lock = decodeScriptNumber(top, MAX_LOCK_NUMBER_SIZE, (this.flags & MINIMALDATA) !== 0);
    if (Number.isNaN(lock)) return 'SCRIPTNUM';
    if (lock < 0) return 'NEGATIVE_LOCKTIME';
    if (flag === CHECKSEQUENCEVERIFY && (lowWord(lock) & SEQUENCE_LOCKTIME_DISABLE_FLAG) !== 0)
      return undefined;
    const holds =
      flag === CHECKLOCKTIMEVERIFY ? this.checker.checkLockTime(lock) : this.checker.checkSequence(lock);
    return holds ? undefined : 'UNSATISFIED_LOCKTIME';
  }

  #signature(opcode: number): ScriptError | undefined {
    const { stack } = this;
    const size = stack.length;
    switch (opcode) {
      case OP.OP_CODESEPARATOR:
        this.codeStart = this.pc;
        this.codeSeparatorPosition = this.#position;
        return undefined;

      case OP.OP_CHECKSIG:
      case OP.OP_CHECKSIGVERIFY: {
        if (size < 2) return 'INVALID_STACK_OPERATION';
        const valid = checkSignature(this, stack[size - 2] as Bytes, stack[size - 1] as Bytes);
        if (typeof valid === 'string') return valid;
        stack.length = size - 2;
        if (opcode === OP.OP_CHECKSIGVERIFY) return valid ? undefined : 'CHECKSIGVERIFY';
        stack.push(valid ? TRUE : FALSE);
        return undefined;
      }

      case OP.OP_CHECKSIGADD: {
        if (this.version !== 'tapscript') return 'BAD_OPCODE';
        if (size < 3) return 'INVALID_STACK_OPERATION';
        const count = this.number(stack[size - 2] as Bytes);
        if (Number.isNaN(count)) return 'SCRIPTNUM';
        const valid = checkSignature(this, stack[size - 3] as Bytes, stack[size - 1] as Bytes);
        if (typeof valid === 'string') return valid;
        stack.length = size - 3;
        stack.push(encodeScriptNumber(count + (valid ? 1 : 0)));
        return undefined;
      }

      default: {
        if (this.version === 'tapscript') return 'TAPSCRIPT_CHECKMULTISIG';
        const valid = checkMultisig(this);
        if (typeof valid === 'string') return valid;
        if (opcode === OP.OP_CHECKMULTISIGVERIFY) return valid ? undefined : 'CHECKMULTISIGVERIFY';
        stack.push(valid ? TRUE : FALSE);
        return undefined;
      }
    }
  }

  /** An element as an operand of 4 bytes at most; NaN when it is none. */
  number(element: Bytes): number {
    return decodeScriptNumber(element, 4, (this.flags & MINIMALDATA) !== 0);
  }

  /** The part of the script that signatures sign. */
  get scriptCode(): Bytes {
    return this.codeStart === 0 ? this.script : this.script.subarray(this.codeStart);
  }
}

/** Whether the stack says that a script has succeeded. */
export function topIsTrue(stack: readonly Bytes[]): boolean {
  return isTrue(stack[stack.length - 1] ?? EMPTY_BYTES);
}
