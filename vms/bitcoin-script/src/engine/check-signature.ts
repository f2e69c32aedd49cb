import type { Bytes } from '@ninefold/base';
import { encodePush, findAndDelete } from '../code/script.ts';
import type { ScriptError } from '../spec/errors.ts';
import { SCRIPT_FLAGS } from '../spec/flags.ts';
import {
  MAX_OPS_PER_SCRIPT,
  MAX_PUBKEYS_PER_MULTISIG,
  VALIDATION_WEIGHT_PER_SIGOP_PASSED,
} from '../spec/limits.ts';
import type { ScriptExecution, TapscriptContext } from './execution.ts';
import { checkPublicKeyEncoding, checkSignatureEncoding } from './signature-encoding.ts';

/*
 * The instructions that check signatures. Their order of checks is Bitcoin Core's.
 */

const { CONST_SCRIPTCODE, DISCOURAGE_UPGRADABLE_PUBKEYTYPE, NULLDUMMY, NULLFAIL } = SCRIPT_FLAGS;

const XONLY_KEY_BYTES = 32;

/** Whether the signature is the key's, or why the script fails at once. */
export function checkSignature(
  execution: ScriptExecution,
  signature: Bytes,
  key: Bytes,
): boolean | ScriptError {
  const { tapscript } = execution;
  return tapscript === undefined
    ? checkEcdsa(execution, signature, key)
    : checkTapscript(execution, tapscript, signature, key);
}

function checkEcdsa(execution: ScriptExecution, signature: Bytes, key: Bytes): boolean | ScriptError {
  const { flags, version, checker } = execution;
  const isWitnessV0 = version === 'witness-v0';
  const scriptCode = isWitnessV0
    ? execution.scriptCode
    : removeSignature(execution, execution.scriptCode, signature);
  if (typeof scriptCode === 'string') return scriptCode;
  const malformed =
    checkSignatureEncoding(signature, flags) ?? checkPublicKeyEncoding(key, flags, isWitnessV0);
  if (malformed !== undefined) return malformed;
  const valid = checker.checkEcdsa(signature, key, scriptCode, isWitnessV0);
  if (!valid && signature.length > 0 && (flags & NULLFAIL) !== 0) return 'NULLFAIL';
  return valid;
}

/** A legacy signature cannot sign itself: its push is taken out of what it signs. */
function removeSignature(
  { flags }: ScriptExecution,
  scriptCode: Bytes,
  signature: Bytes,
): Bytes | ScriptError {
  const rest = findAndDelete(scriptCode, encodePush(signature));
  return rest !== scriptCode && (flags & CONST_SCRIPTCODE) !== 0 ? 'SIG_FINDANDDELETE' : rest;
}

/** BIP 342: an empty signature is a "no", any other has to be right. */
function checkTapscript(
  { flags, checker, codeSeparatorPosition }: ScriptExecution,
  tapscript: TapscriptContext,
  signature: Bytes,
  key: Bytes,
): boolean | ScriptError {
  const { leafHash, annexHash } = tapscript;
  const signed = signature.length > 0;
  if (signed) {
    tapscript.validationWeight -= VALIDATION_WEIGHT_PER_SIGOP_PASSED;
    if (tapscript.validationWeight < 0) return 'TAPSCRIPT_VALIDATION_WEIGHT';
  }
  if (key.length === 0) return 'TAPSCRIPT_EMPTY_PUBKEY';
  if (key.length === XONLY_KEY_BYTES) {
    const fault = signed
      ? checker.checkSchnorr(signature, key, annexHash, { leafHash, codeSeparatorPosition })
      : undefined;
    return fault ?? signed;
  }
  // Keys of other lengths are kept for soft forks: until then, every signature is theirs.
  return (flags & DISCOURAGE_UPGRADABLE_PUBKEYTYPE) !== 0 ? 'DISCOURAGE_UPGRADABLE_PUBKEYTYPE' : signed;
}

/**
 * `dummy sigs… m keys… n`: takes them all, and one more by the mistake of 2009. Signatures have to
 * stand in the order of their keys.
 */
export function checkMultisig(execution: ScriptExecution): boolean | ScriptError {
  const { stack, flags, version, checker } = execution;
  const isWitnessV0 = version === 'witness-v0';
  const fromTop = (depth: number): Bytes => stack[stack.length - depth] as Bytes;

  if (stack.length < 1) return 'INVALID_STACK_OPERATION';
  const keyCount = execution.number(fromTop(1));
  if (Number.isNaN(keyCount)) return 'SCRIPTNUM';
  if (keyCount < 0 || keyCount > MAX_PUBKEYS_PER_MULTISIG) return 'PUBKEY_COUNT';
  execution.opCount += keyCount;
  if (execution.opCount > MAX_OPS_PER_SCRIPT) return 'OP_COUNT';
  const signatureCountAt = keyCount + 2;
  if (stack.length < signatureCountAt) return 'INVALID_STACK_OPERATION';
  const signatureCount = execution.number(fromTop(signatureCountAt));
  if (Number.isNaN(signatureCount)) return 'SCRIPTNUM';
  if (signatureCount < 0 || signatureCount > keyCount) return 'SIG_COUNT';
  const taken = signatureCountAt + signatureCount;
  // One more for the dummy.
  if (stack.length <= taken) return 'INVALID_STACK_OPERATION';

  let scriptCode = execution.scriptCode;
  const removed = isWitnessV0 ? 0 : signatureCount;
  for (let i = 1; i <= removed; i++) {
    const rest = removeSignature(execution, scriptCode, fromTop(signatureCountAt + i));
    if (typeof rest === 'string') return rest;
    scriptCode = rest;
  }

  let keysLeft = keyCount;
  let signaturesLeft = signatureCount;
  while (signaturesLeft > 0 && signaturesLeft <= keysLeft) {
    // From the top down: the last key first, and the last signature.
    const signature = fromTop(taken - signaturesLeft + 1);
    const key = fromTop(keyCount - keysLeft + 2);
    const malformed =
      checkSignatureEncoding(signature, flags) ?? checkPublicKeyEncoding(key, flags, isWitnessV0);
    if (malformed !== undefined) return malformed;
    if (checker.checkEcdsa(signature, key, scriptCode, isWitnessV0)) signaturesLeft--;
    keysLeft--;
  }
  const valid = signaturesLeft === 0;

  if (!valid && (flags & NULLFAIL) !== 0) {
    for (let i = 1; i <= signatureCount; i++) {
      if (fromTop(signatureCountAt + i).length > 0) return 'NULLFAIL';
    }
  }
  stack.length -= taken;
  const dummy = stack.pop() as Bytes;
  if (dummy.length > 0 && (flags & NULLDUMMY) !== 0) return 'SIG_NULLDUMMY';
  return valid;
}
