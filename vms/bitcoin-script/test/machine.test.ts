import { bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import { schnorr, sha256 } from '@ninefold/crypto';
import { describe, expect, it } from 'vitest';
import { encodePush } from '../src/code/script.ts';
import { hash160 } from '../src/engine/hash-operations.ts';
import { NO_CODE_SEPARATOR, SignatureHasher } from '../src/engine/signature-hash.ts';
import { annexHashOf, createTaprootOutput, tapTweakHash, type TapTree } from '../src/engine/taproot.ts';
import { createScriptMachine, verifyInput, verifyInputs } from '../src/run.ts';
import { CONSENSUS_FLAGS, SCRIPT_FLAGS, STANDARD_FLAGS } from '../src/spec/flags.ts';
import { decodeTransaction } from '../src/tx/transaction.ts';
import {
  codeOf,
  ecdsaSignature,
  EMPTY,
  hasherOf,
  OTHER_SECRET,
  outcome,
  publicKeyOf,
  schnorrSignature,
  script,
  SECRET,
  type Spend,
  spending,
} from './support/spend.ts';

const key = publicKeyOf(SECRET);
const otherKey = publicKeyOf(OTHER_SECRET);
const p2pkh = (hash: Uint8Array) =>
  concatBytes(script('DUP HASH160'), encodePush(hash), script('EQUALVERIFY CHECKSIG'));
const p2sh = (redeem: Uint8Array) =>
  concatBytes(script('HASH160'), encodePush(hash160(redeem)), script('EQUAL'));
const program = (version: string, bytes: Uint8Array) => concatBytes(script(version), encodePush(bytes));
const pushes = (...items: readonly Uint8Array[]) => concatBytes(...items.map(encodePush));

describe('legacy', () => {
  const scriptPubKey = p2pkh(hash160(key));
  const sign = (hashType: number, secret = SECRET): Uint8Array =>
    ecdsaSignature(hasherOf({ scriptPubKey }).legacy(0, scriptPubKey, hashType), secret, hashType);

  it('pay to a key’s hash', () => {
    for (const type of [1, 2, 3, 0x81, 0x82, 0x83]) {
      expect(outcome({ scriptPubKey, scriptSig: pushes(sign(type), key), flags: STANDARD_FLAGS })).toBe('OK');
    }
    expect(outcome({ scriptPubKey, scriptSig: pushes(sign(1, OTHER_SECRET), key) })).toBe('EVAL_FALSE');
    expect(outcome({ scriptPubKey, scriptSig: pushes(sign(1), otherKey) })).toBe('EQUALVERIFY');
  });

  it('signatures’ and keys’ forms, each by its flag', () => {
    const check = (signature: Uint8Array, flags: number, publicKey = key): string =>
      outcome({ scriptPubKey: p2pkh(hash160(publicKey)), scriptSig: pushes(signature, publicKey), flags });
    const padded = concatBytes(hexToBytes('0x30080202000102020001'), Uint8Array.of(1));
    expect(check(padded, SCRIPT_FLAGS.DERSIG)).toBe('SIG_DER');
    expect(check(padded, 0)).toBe('EVAL_FALSE');
    const high = hexToBytes(`0x3026020101022100${'f0'.repeat(32)}01`);
    expect(check(high, SCRIPT_FLAGS.LOW_S)).toBe('SIG_HIGH_S');
    expect(check(high, SCRIPT_FLAGS.DERSIG)).toBe('EVAL_FALSE');
    expect(check(sign(5), SCRIPT_FLAGS.STRICTENC)).toBe('SIG_HASHTYPE');
    expect(check(sign(1), SCRIPT_FLAGS.STRICTENC, concatBytes(Uint8Array.of(5), key.subarray(1)))).toBe(
      'PUBKEYTYPE',
    );
    expect(check(sign(1, OTHER_SECRET), SCRIPT_FLAGS.NULLFAIL)).toBe('NULLFAIL');
    expect(check(EMPTY, STANDARD_FLAGS)).toBe('EVAL_FALSE');
  });

  it('several keys: in order, with an empty dummy', () => {
    const multi = concatBytes(script('1'), encodePush(key), encodePush(otherKey), script('2 CHECKMULTISIG'));
    const both = concatBytes(script('2'), encodePush(key), encodePush(otherKey), script('2 CHECKMULTISIG'));
    const signature = (secret: Uint8Array, code: Uint8Array) =>
      ecdsaSignature(hasherOf({ scriptPubKey: code }).legacy(0, code, 1), secret, 1);
    const run = (scriptPubKey: Uint8Array, flags: number, ...items: readonly Uint8Array[]) =>
      outcome({ scriptPubKey, scriptSig: pushes(...items), flags });
    for (const secret of [SECRET, OTHER_SECRET]) {
      expect(run(multi, STANDARD_FLAGS, EMPTY, signature(secret, multi))).toBe('OK');
    }
    const [first, second] = [signature(SECRET, both), signature(OTHER_SECRET, both)];
    expect(run(both, STANDARD_FLAGS, EMPTY, first, second)).toBe('OK');
    expect(run(both, 0, EMPTY, second, first)).toBe('EVAL_FALSE');
    expect(run(both, SCRIPT_FLAGS.NULLFAIL, EMPTY, second, first)).toBe('NULLFAIL');
    expect(run(both, SCRIPT_FLAGS.NULLDUMMY, Uint8Array.of(1), first, second)).toBe('SIG_NULLDUMMY');
    expect(run(both, 0, Uint8Array.of(1), first, second)).toBe('OK');
    expect(run(both, 0, first, second)).toBe('INVALID_STACK_OPERATION');
    expect(run(script('1 2 1 CHECKMULTISIG'), 0)).toBe('INVALID_STACK_OPERATION');
    expect(run(script('0 3 1 2 2 CHECKMULTISIG'), 0)).toBe('SIG_COUNT');
    expect(run(script('0 0 -1 CHECKMULTISIG'), 0)).toBe('PUBKEY_COUNT');
    expect(run(script('0 0 21 CHECKMULTISIG'), 0)).toBe('PUBKEY_COUNT');
    expect(run(script('0 0 0 CHECKMULTISIGVERIFY 1'), 0)).toBe('OK');
    expect(run(both, 0, EMPTY, EMPTY, EMPTY)).toBe('EVAL_FALSE');
  });

  it('a signature is not in what it signs; CONST_SCRIPTCODE refuses such scripts', () => {
    const signature = hexToBytes('0x300602010102010101');
    const code = concatBytes(encodePush(signature), encodePush(key), script('CHECKSIG NOT'));
    expect(outcome({ scriptPubKey: code, flags: 0 })).toBe('OK');
    expect(outcome({ scriptPubKey: code, flags: SCRIPT_FLAGS.CONST_SCRIPTCODE })).toBe('SIG_FINDANDDELETE');
    const separated = script('0 IF CODESEPARATOR ENDIF 1');
    expect(outcome({ scriptPubKey: separated, flags: SCRIPT_FLAGS.CONST_SCRIPTCODE })).toBe(
      'OP_CODESEPARATOR',
    );
    expect(outcome({ scriptPubKey: separated, flags: 0 })).toBe('OK');
  });

  it('OP_CODESEPARATOR: what comes behind it is signed', () => {
    const code = concatBytes(script('NOP CODESEPARATOR'), encodePush(key), script('CHECKSIG'));
    const behind = code.subarray(2);
    const signature = ecdsaSignature(hasherOf({ scriptPubKey: code }).legacy(0, behind, 1), SECRET, 1);
    expect(outcome({ scriptPubKey: code, scriptSig: pushes(signature) })).toBe('OK');
  });

  it('P2SH, push-only, clean stack', () => {
    const redeem = script('2 EQUAL');
    const run = (scriptSig: string, flags: number) =>
      outcome({
        scriptPubKey: p2sh(redeem),
        scriptSig: concatBytes(script(scriptSig), encodePush(redeem)),
        flags,
      });
    expect(run('2', SCRIPT_FLAGS.P2SH)).toBe('OK');
    expect(run('3', SCRIPT_FLAGS.P2SH)).toBe('EVAL_FALSE');
    expect(run('3', 0)).toBe('OK');
    expect(run('1 1 ADD', SCRIPT_FLAGS.P2SH)).toBe('SIG_PUSHONLY');
    expect(run('1 1 ADD', SCRIPT_FLAGS.SIGPUSHONLY)).toBe('SIG_PUSHONLY');
    expect(run('2 2', STANDARD_FLAGS)).toBe('CLEANSTACK');
    expect(outcome({ scriptPubKey: script('1'), witness: [EMPTY] })).toBe('WITNESS_UNEXPECTED');
    expect(outcome({ scriptPubKey: script('1'), witness: [EMPTY], flags: 0 })).toBe('OK');
  });
});

describe('witness v0', () => {
  const code = p2pkh(hash160(key));
  const scriptPubKey = program('0', hash160(key));
  const signature = ecdsaSignature(hasherOf({ scriptPubKey }).witnessV0(0, code, 1), SECRET, 1);

  it('key hash, native and nested', () => {
    expect(outcome({ scriptPubKey, witness: [signature, key], flags: STANDARD_FLAGS })).toBe('OK');
    const nested: Spend = { scriptPubKey: p2sh(scriptPubKey), scriptSig: encodePush(scriptPubKey) };
    expect(outcome({ ...nested, witness: [signature, key], flags: STANDARD_FLAGS })).toBe('OK');
    const twoPushes = concatBytes(script('1'), encodePush(scriptPubKey));
    expect(outcome({ ...nested, scriptSig: twoPushes, witness: [signature, key] })).toBe(
      'WITNESS_MALLEATED_P2SH',
    );
    expect(outcome({ scriptPubKey, scriptSig: script('1'), witness: [signature, key] })).toBe(
      'WITNESS_MALLEATED',
    );
    expect(outcome({ scriptPubKey, witness: [signature] })).toBe('WITNESS_PROGRAM_MISMATCH');
    expect(outcome({ scriptPubKey, flags: 0 })).toBe('OK');
  });

  it('script hash', () => {
    const inner = script('IF 1 ELSE 0 ENDIF');
    const output = program('0', sha256(inner));
    const run = (witness: readonly Uint8Array[], flags = CONSENSUS_FLAGS) =>
      outcome({ scriptPubKey: output, witness, flags });
    expect(run([Uint8Array.of(1), inner])).toBe('OK');
    expect(run([EMPTY, inner])).toBe('EVAL_FALSE');
    expect(run([Uint8Array.of(2), inner], STANDARD_FLAGS)).toBe('MINIMALIF');
    expect(run([Uint8Array.of(2), inner])).toBe('OK');
    expect(run([Uint8Array.of(1), Uint8Array.of(1), inner])).toBe('CLEANSTACK');
    expect(run([Uint8Array.of(1), script('1')])).toBe('WITNESS_PROGRAM_MISMATCH');
    expect(run([])).toBe('WITNESS_PROGRAM_WITNESS_EMPTY');
    expect(run([new Uint8Array(521), inner])).toBe('PUSH_SIZE');
  });

  it('other programs', () => {
    expect(outcome({ scriptPubKey: program('0', new Uint8Array(21).fill(1)) })).toBe(
      'WITNESS_PROGRAM_WRONG_LENGTH',
    );
    for (const output of [
      program('2', new Uint8Array(32).fill(1)),
      program('1', new Uint8Array(31).fill(1)),
    ]) {
      expect(outcome({ scriptPubKey: output })).toBe('OK');
      expect(outcome({ scriptPubKey: output, flags: STANDARD_FLAGS })).toBe(
        'DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM',
      );
    }
    expect(outcome({ scriptPubKey: hexToBytes('0x51024e73'), flags: STANDARD_FLAGS })).toBe('OK');
  });

  it('uncompressed keys, by policy', () => {
    const long = concatBytes(Uint8Array.of(4), new Uint8Array(64));
    const output = program('0', hash160(long));
    expect(outcome({ scriptPubKey: output, witness: [EMPTY, long], flags: STANDARD_FLAGS })).toBe(
      'WITNESS_PUBKEYTYPE',
    );
    expect(outcome({ scriptPubKey: output, witness: [EMPTY, long] })).toBe('EVAL_FALSE');
  });

  it('BIP 143’s first example', () => {
    const tx = decodeTransaction(
      hexToBytes(
        '0x0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000',
      ),
    );
    const spent = { value: 600_000_000n, scriptPubKey: EMPTY };
    const inner = p2pkh(hexToBytes('0x1d0f172a0ecb48aee1be1f2687d2963ae33f71a1'));
    expect(bytesToHex(new SignatureHasher(tx, [spent, spent]).witnessV0(1, inner, 1))).toBe(
      '0xc37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670',
    );
  });
});

describe('Taproot', () => {
  const internal = schnorr.publicKey(SECRET);
  const leaf = (text: string, version = 0xc0): TapTree => ({ script: script(text), version });
  const outputOf = (tree?: TapTree) => createTaprootOutput(internal, tree)!;
  const annex = hexToBytes('0x50aabb');

  it('key path: hash types, annex, lengths', () => {
    const output = outputOf();
    const scriptPubKey = program('1', output.key);
    const secret = schnorr.tweakPrivateKey(SECRET, tapTweakHash(internal, undefined));
    const hasher = hasherOf({ scriptPubKey });
    for (const type of [0, 1, 2, 3, 0x81, 0x82, 0x83]) {
      const signature = schnorrSignature(hasher.taproot(0, type, undefined, undefined), secret, type);
      expect(outcome({ scriptPubKey, witness: [signature], flags: STANDARD_FLAGS }), `type ${type}`).toBe(
        'OK',
      );
      expect(outcome({ scriptPubKey, witness: [signature, annex] })).toBe('SCHNORR_SIG');
    }
    const withAnnex = schnorrSignature(hasher.taproot(0, 0, annexHashOf(annex), undefined), secret);
    expect(outcome({ scriptPubKey, witness: [withAnnex, annex] })).toBe('OK');
    const signature = schnorrSignature(hasher.taproot(0, 0, undefined, undefined), secret);
    const typed = (type: number) => concatBytes(signature, Uint8Array.of(type));
    expect(outcome({ scriptPubKey, witness: [typed(0)] })).toBe('SCHNORR_SIG_HASHTYPE');
    expect(outcome({ scriptPubKey, witness: [typed(4)] })).toBe('SCHNORR_SIG_HASHTYPE');
    expect(outcome({ scriptPubKey, witness: [signature.subarray(1)] })).toBe('SCHNORR_SIG_SIZE');
    expect(outcome({ scriptPubKey, witness: [] })).toBe('WITNESS_PROGRAM_WITNESS_EMPTY');
    expect(outcome({ scriptPubKey, flags: SCRIPT_FLAGS.P2SH | SCRIPT_FLAGS.WITNESS })).toBe('OK');
  });

  it('SIGHASH_SINGLE without an output of its own fails', () => {
    const { tx, spent } = spending({ scriptPubKey: EMPTY });
    const hasher = new SignatureHasher({ ...tx, outputs: [] }, spent);
    expect(hasher.taproot(0, 3, undefined, undefined)).toBeUndefined();
    expect(bytesToHex(hasher.legacy(0, EMPTY, 3))).toBe(`0x01${'00'.repeat(31)}`);
  });

  const spendLeaf = (
    tree: TapTree,
    index: number,
    items: readonly Uint8Array[],
    flags = CONSENSUS_FLAGS,
  ): string => {
    const output = outputOf(tree);
    const { script: code, controlBlock } = output.leaves[index]!;
    return outcome({
      scriptPubKey: program('1', output.key),
      witness: [...items, code, controlBlock],
      flags,
    });
  };

  it('every leaf of a tree can be spent, and no other', () => {
    const tree: TapTree = [leaf('1'), [leaf('2 EQUAL'), leaf('3 EQUAL')]];
    expect(spendLeaf(tree, 0, [])).toBe('OK');
    expect(spendLeaf(tree, 1, [Uint8Array.of(2)])).toBe('OK');
    expect(spendLeaf(tree, 2, [Uint8Array.of(3)])).toBe('OK');
    expect(spendLeaf(tree, 2, [Uint8Array.of(2)])).toBe('EVAL_FALSE');
    const { key: outputKey, leaves } = outputOf(tree);
    const scriptPubKey = program('1', outputKey);
    const control = leaves[0]!.controlBlock;
    const run = (code: Uint8Array, block: Uint8Array) => outcome({ scriptPubKey, witness: [code, block] });
    expect(run(script('2'), control)).toBe('WITNESS_PROGRAM_MISMATCH');
    const flipped = control.slice();
    flipped[0]! ^= 1;
    expect(run(script('1'), flipped)).toBe('WITNESS_PROGRAM_MISMATCH');
    for (const size of [32, 34, 33 + 32 * 129]) {
      expect(run(script('1'), new Uint8Array(size))).toBe('TAPROOT_WRONG_CONTROL_SIZE');
    }
    expect(run(script('1'), new Uint8Array(33 + 32 * 128))).toBe('WITNESS_PROGRAM_MISMATCH');
  });

  it('leaf versions and OP_SUCCESS wait for soft forks', () => {
    expect(spendLeaf(leaf('RETURN', 0xc2), 0, [])).toBe('OK');
    expect(spendLeaf(leaf('RETURN', 0xc2), 0, [], STANDARD_FLAGS)).toBe(
      'DISCOURAGE_UPGRADABLE_TAPROOT_VERSION',
    );
    expect(spendLeaf(leaf('RETURN CAT 0x4c'), 0, [new Uint8Array(600)])).toBe('OK');
    expect(spendLeaf(leaf('RETURN CAT'), 0, [], STANDARD_FLAGS)).toBe('DISCOURAGE_OP_SUCCESS');
    expect(spendLeaf(leaf('1 0x4c'), 0, [])).toBe('BAD_OPCODE');
    expect(
      spendLeaf(
        leaf('1'),
        0,
        Array.from({ length: 1001 }, () => EMPTY),
      ),
    ).toBe('STACK_SIZE');
    expect(spendLeaf(leaf('DROP 1'), 0, [new Uint8Array(521)])).toBe('PUSH_SIZE');
  });

  it('rules of tapscripts', () => {
    expect(spendLeaf(leaf('IF 1 ENDIF'), 0, [Uint8Array.of(2)])).toBe('TAPSCRIPT_MINIMALIF');
    expect(spendLeaf(leaf('0 0 0 CHECKMULTISIG'), 0, [])).toBe('TAPSCRIPT_CHECKMULTISIG');
    expect(spendLeaf(leaf('0 0 CHECKSIG'), 0, [])).toBe('TAPSCRIPT_EMPTY_PUBKEY');
    expect(spendLeaf(leaf('1 CHECKSIG'), 0, [Uint8Array.of(9)])).toBe('OK');
    expect(spendLeaf(leaf('1 CHECKSIG'), 0, [Uint8Array.of(9)], STANDARD_FLAGS)).toBe(
      'DISCOURAGE_UPGRADABLE_PUBKEYTYPE',
    );
    expect(spendLeaf(leaf('1 CHECKSIG NOT'), 0, [EMPTY])).toBe('OK');
    expect(spendLeaf(leaf('5 1 CHECKSIGADD 6 EQUAL'), 0, [Uint8Array.of(9)])).toBe('OK');
    expect(spendLeaf(leaf('1 CHECKSIGADD'), 0, [EMPTY])).toBe('INVALID_STACK_OPERATION');
    // More than 201 instructions are nothing special here.
    expect(spendLeaf(leaf(`1 ${'NOP '.repeat(300)}`), 0, [])).toBe('OK');
  });

  it('the budget: 50 a signature, from 50 and the witness’ size', () => {
    const checks = (count: number) => leaf(`${'DUP 1 CHECKSIGVERIFY '.repeat(count)}`);
    // Witness: count byte, item of 2, script with its length, control block of 33 with its length.
    const budget = (count: number) => 50 + 1 + 2 + (1 + 3 * count) + 34;
    expect(budget(1) - 50).toBeGreaterThanOrEqual(0);
    expect(budget(2) - 100).toBeLessThan(0);
    expect(spendLeaf(checks(1), 0, [Uint8Array.of(1)])).toBe('OK');
    expect(spendLeaf(checks(2), 0, [Uint8Array.of(1)])).toBe('TAPSCRIPT_VALIDATION_WEIGHT');
  });

  it('signatures commit to the leaf and to OP_CODESEPARATOR’s position', () => {
    const signed = concatBytes(script('NOP CODESEPARATOR'), encodePush(internal), script('CHECKSIG'));
    const output = outputOf({ script: signed, version: 0xc0 });
    const { leafHash, controlBlock } = output.leaves[0]!;
    const scriptPubKey = program('1', output.key);
    const run = (codeSeparatorPosition: number): string => {
      const hash = hasherOf({ scriptPubKey }).taproot(0, 0, undefined, { leafHash, codeSeparatorPosition });
      return outcome({ scriptPubKey, witness: [schnorrSignature(hash, SECRET), signed, controlBlock] });
    };
    expect(run(1)).toBe('OK');
    expect(run(NO_CODE_SEPARATOR)).toBe('SCHNORR_SIG');
    expect(run(2)).toBe('SCHNORR_SIG');
  });

  it('an internal key that is no point has no output', () => {
    expect(createTaprootOutput(new Uint8Array(32), undefined)).toBeUndefined();
  });
});

describe('the machine', () => {
  const machineOf = (scene: Spend) => {
    const { tx, spent } = spending(scene);
    return createScriptMachine({ tx, spentOutputs: spent, index: 0, flags: CONSENSUS_FLAGS });
  };
  const redeem = script('2 ADD 5 EQUAL');
  const spend: Spend = {
    scriptPubKey: p2sh(redeem),
    scriptSig: concatBytes(script('3'), encodePush(redeem)),
  };

  it('steps through all scripts and ends as running does', () => {
    const machine = machineOf(spend);
    const seen: string[] = [];
    do {
      const { pc, stack, script: code } = machine.execution;
      if (pc < code.length) seen.push(`${machine.phase} ${pc}: ${stack.map((item) => item.length).join()}`);
    } while (machine.step());
    expect(seen).toEqual([
      'scriptSig 0: ',
      'scriptSig 1: 1',
      'scriptPubKey 0: 1,4',
      'scriptPubKey 1: 1,20',
      'scriptPubKey 22: 1,20,20',
      'redeemScript 0: 1',
      'redeemScript 1: 1,1',
      'redeemScript 2: 1',
      'redeemScript 3: 1,1',
    ]);
    expect(machine.error).toBeUndefined();
    expect(machine.isRunning).toBe(false);
    expect(machine.step()).toBe(false);
    expect(machine.run()).toBeUndefined();
  });

  it('stands where it has failed', () => {
    const failing = { ...spend, scriptSig: concatBytes(script('4'), encodePush(redeem)) };
    const machine = machineOf(failing);
    expect(machine.run()).toBe('EVAL_FALSE');
    expect(machine.execution.script).toEqual(redeem);
    expect(machine.execution.stack).toEqual([EMPTY]);
  });

  it('refuses what cannot be verified', () => {
    const { tx, spent } = spending(spend);
    expect(codeOf(() => verifyInput(tx, spent, 1, 0))).toBe('SCRIPT_NO_INPUT');
    expect(codeOf(() => verifyInput(tx, [], 0, 0))).toBe('SCRIPT_NO_INPUT');
    expect(codeOf(() => verifyInput(tx, spent, 0, SCRIPT_FLAGS.WITNESS))).toBe('SCRIPT_INCONSISTENT_FLAGS');
  });

  it('names the first input that is not valid', () => {
    const { tx, spent } = spending({ scriptPubKey: script('1') });
    const [input] = tx.inputs;
    const two = { ...tx, inputs: [input!, { ...input!, prevout: { ...input!.prevout, vout: 2 } }] };
    expect(verifyInputs(two, [spent[0]!, spent[0]!], CONSENSUS_FLAGS)).toBeUndefined();
    expect(
      verifyInputs(two, [spent[0]!, { value: 1n, scriptPubKey: script('RETURN') }], CONSENSUS_FLAGS),
    ).toEqual({
      index: 1,
      error: 'OP_RETURN',
    });
  });
});
