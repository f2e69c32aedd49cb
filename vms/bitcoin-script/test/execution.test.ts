import { bytesToHex } from '@ninefold/base';
import { ripemd160, sha1, sha256 } from '@ninefold/crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePush } from '../src/code/script.ts';
import { SCRIPT_FLAGS } from '../src/spec/flags.ts';
import { OPCODES } from '../src/spec/opcodes.ts';
import { evaluate, outcome, script } from './support/spend.ts';

const { CHECKLOCKTIMEVERIFY, CHECKSEQUENCEVERIFY, MINIMALDATA, DISCOURAGE_UPGRADABLE_NOPS } = SCRIPT_FLAGS;

describe('stack operations leave', () => {
  // Each line ends in checks of what is left, from the top down.
  it.each([
    ['1 2 3', '2DROP', '1'],
    ['1 2', '2DUP', '2 1 2 1'],
    ['1 2 3', '3DUP', '3 2 1 3 2 1'],
    ['1 2 3 4', '2OVER', '2 1 4 3 2 1'],
    ['1 2 3 4 5 6', '2ROT', '2 1 6 5 4 3'],
    ['1 2 3 4', '2SWAP', '2 1 4 3'],
    ['1', 'IFDUP', '1 1'],
    ['0', 'IFDUP', '0'],
    ['7 7 7', 'DEPTH', '3 7 7 7'],
    ['1 2', 'DROP', '1'],
    ['1', 'DUP', '1 1'],
    ['1 2', 'NIP', '2'],
    ['1 2', 'OVER', '1 2 1'],
    ['5 6 7 2', 'PICK', '5 7 6 5'],
    ['5 6 7 0', 'PICK', '7 7 6 5'],
    ['5 6 7 2', 'ROLL', '5 7 6'],
    ['5 6 7 0', 'ROLL', '7 6 5'],
    ['1 2 3', 'ROT', '1 3 2'],
    ['1 2', 'SWAP', '1 2'],
    ['1 2', 'TUCK', '2 1 2'],
    ['1 2', 'TOALTSTACK FROMALTSTACK', '2 1'],
    ["'abc'", 'SIZE NIP', '3'],
  ])('%s %s: %s', (before, operation, after) => {
    const checks = after.split(' ').map((word) => `${word} EQUALVERIFY`);
    expect(evaluate(`${before} ${operation} ${checks.join(' ')} DEPTH 0 EQUAL`)).toBe('OK');
  });
});

describe('arithmetic', () => {
  it.each([
    ['5 1ADD', '6'],
    ['5 1SUB', '4'],
    ['0 1SUB', '-1'],
    ['5 NEGATE', '-5'],
    ['0 NEGATE', '0'],
    ['-5 ABS', '5'],
    ['0 NOT', '1'],
    ['2 NOT', '0'],
    ['-3 0NOTEQUAL', '1'],
    ['2147483647 DUP ADD', '4294967294'],
    ['-2147483647 1 SUB', '-2147483648'],
    ['2 3 BOOLAND', '1'],
    ['0 3 BOOLAND', '0'],
    ['0 0 BOOLOR', '0'],
    ['2 2 NUMEQUAL', '1'],
    ['2 3 NUMNOTEQUAL', '1'],
    ['-1 0 LESSTHAN', '1'],
    ['-1 0 GREATERTHAN', '0'],
    ['3 3 LESSTHANOREQUAL', '1'],
    ['3 4 GREATERTHANOREQUAL', '0'],
    ['-5 4 MIN', '-5'],
    ['-5 4 MAX', '4'],
    ['3 3 5 WITHIN', '1'],
    ['5 3 5 WITHIN', '0'],
  ])('%s is %s', (text, result) => {
    expect(evaluate(`${text} ${result} EQUAL`)).toBe('OK');
  });

  it('agrees with the numbers it stands for', () => {
    const operand = fc.integer({ min: -0x7fffffff, max: 0x7fffffff });
    fc.assert(
      fc.property(operand, operand, (a, b) => {
        const holds = (text: string, expected: number): void => {
          // Sums of 5 bytes are compared as bytes.
          const wide = Math.abs(expected) > 0xffffffff ? '' : `${expected} EQUAL`;
          if (wide !== '') expect(evaluate(`${a} ${b} ${text} ${wide}`)).toBe('OK');
        };
        holds('ADD', a + b);
        holds('SUB', a - b);
        holds('MIN', Math.min(a, b));
        holds('LESSTHAN', Number(a < b));
      }),
      { numRuns: 50 },
    );
  });

  it('operands have 4 bytes, and with MINIMALDATA the shortest form', () => {
    expect(evaluate('2147483648 1ADD')).toBe('SCRIPTNUM');
    expect(evaluate('1 2147483648 ADD')).toBe('SCRIPTNUM');
    expect(evaluate('1 1 2147483648 WITHIN')).toBe('SCRIPTNUM');
    expect(evaluate('0x020100 1ADD 2 EQUAL')).toBe('OK');
    expect(evaluate('0x020100 1ADD', MINIMALDATA)).toBe('SCRIPTNUM');
    expect(evaluate('5 0x020000 PICK', MINIMALDATA)).toBe('SCRIPTNUM');
    expect(evaluate('1 2 NUMEQUALVERIFY')).toBe('NUMEQUALVERIFY');
    expect(evaluate('2 2 NUMEQUALVERIFY 1')).toBe('OK');
  });
});

describe('hashes', () => {
  it('are those of their names', () => {
    const data = new TextEncoder().encode('ninefold');
    const twice = sha256(sha256(data));
    for (const [name, hash] of [
      ['RIPEMD160', ripemd160(data)],
      ['SHA1', sha1(data)],
      ['SHA256', sha256(data)],
      ['HASH160', ripemd160(sha256(data))],
      ['HASH256', twice],
    ] as const) {
      expect(evaluate(`'ninefold' ${name} ${bytesToHex(encodePush(hash))} EQUAL`), name).toBe('OK');
    }
    expect(evaluate('SHA256')).toBe('INVALID_STACK_OPERATION');
  });
});

describe('flow', () => {
  it.each([
    ['1 IF 5 ELSE 6 ENDIF 5 EQUAL', 'OK'],
    ['0 IF 5 ELSE 6 ENDIF 6 EQUAL', 'OK'],
    ['0 NOTIF 5 ELSE 6 ENDIF 5 EQUAL', 'OK'],
    ['0 IF 1 IF RETURN ELSE RETURN ENDIF ELSE 1 ENDIF', 'OK'],
    ['1 IF 1 ELSE 2 ELSE 3 ENDIF 3 EQUALVERIFY 1 EQUAL', 'OK'],
    ['1 IF', 'UNBALANCED_CONDITIONAL'],
    ['1 ELSE', 'UNBALANCED_CONDITIONAL'],
    ['1 ENDIF', 'UNBALANCED_CONDITIONAL'],
    ['IF 1 ENDIF', 'INVALID_STACK_OPERATION'],
    ['0 IF VERIF ENDIF 1', 'BAD_OPCODE'],
    ['0 IF VER RESERVED 0xff ENDIF 1', 'OK'],
    ['1 IF VER ENDIF 1', 'BAD_OPCODE'],
    ['0 IF CAT ENDIF 1', 'DISABLED_OPCODE'],
    ['0 IF 0x4c ENDIF 1', 'BAD_OPCODE'],
    ['0 VERIFY 1', 'VERIFY'],
    ['1 VERIFY 1', 'OK'],
    ['1 RETURN', 'OP_RETURN'],
    ['1 NOP', 'OK'],
    ['0', 'EVAL_FALSE'],
    ['0x0180', 'EVAL_FALSE'],
    ['1 2 EQUALVERIFY', 'EQUALVERIFY'],
    ['FROMALTSTACK', 'INVALID_ALTSTACK_OPERATION'],
    ['1 1 PICK', 'INVALID_STACK_OPERATION'],
    ['1 -1 ROLL', 'INVALID_STACK_OPERATION'],
    ['1 CHECKSIGADD', 'BAD_OPCODE'],
    ['1 RESERVED1', 'BAD_OPCODE'],
    ['1 0xbb', 'BAD_OPCODE'],
  ])('%s: %s', (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  it('each instruction fails on an empty stack or does without one', () => {
    for (const { name, group } of OPCODES) {
      const result = evaluate(`${name} 1`);
      if (group === 'reserved') expect(result, name).toBe('BAD_OPCODE');
      else if (group === 'disabled') expect(result, name).toBe('DISABLED_OPCODE');
      else
        expect(result, name).toMatch(
          /^(OK|INVALID_\w+|BAD_OPCODE|UNBALANCED_CONDITIONAL|OP_RETURN|EVAL_FALSE)$/,
        );
    }
  });

  it('any script comes to an end with a name', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(outcome({ scriptPubKey: bytes, scriptSig: script('1 2 3 0 1') })).toMatch(/^[A-Z0-9_]+$/);
      }),
    );
  });
});

describe('limits', () => {
  const repeat = (word: string, count: number): string => `${word} `.repeat(count);

  it('201 instructions, pushes not counted', () => {
    expect(evaluate(`1 ${repeat('NOP', 201)}`)).toBe('OK');
    expect(evaluate(`1 ${repeat('NOP', 202)}`)).toBe('OP_COUNT');
    expect(evaluate(`0 IF ${repeat('NOP', 200)} ENDIF 1`)).toBe('OP_COUNT');
    expect(evaluate(`0 0 ${repeat('1', 20)} 20 CHECKMULTISIG DROP 1 ${repeat('NOP', 179)}`)).toBe('OK');
    expect(evaluate(`0 0 ${repeat('1', 20)} 20 CHECKMULTISIG DROP 1 ${repeat('NOP', 180)}`)).toBe('OP_COUNT');
  });

  it('1,000 elements on both stacks', () => {
    expect(evaluate(`${repeat('1', 999)} TOALTSTACK 1`)).toBe('OK');
    expect(evaluate(`${repeat('1', 1000)} TOALTSTACK 1 1`)).toBe('STACK_SIZE');
  });

  it('520 bytes a push, 10,000 a script', () => {
    expect(outcome({ scriptPubKey: encodePush(new Uint8Array(520).fill(1)) })).toBe('OK');
    expect(outcome({ scriptPubKey: encodePush(new Uint8Array(521).fill(1)) })).toBe('PUSH_SIZE');
    expect(outcome({ scriptPubKey: new Uint8Array(10_001).fill(0x51) })).toBe('SCRIPT_SIZE');
    expect(outcome({ scriptPubKey: new Uint8Array(10_000).fill(0x51) })).toBe('STACK_SIZE');
  });

  it('minimal pushes are asked for where they are executed only', () => {
    expect(evaluate('0x4c0105', MINIMALDATA)).toBe('MINIMALDATA');
    expect(evaluate('0x0105', MINIMALDATA)).toBe('MINIMALDATA');
    expect(evaluate('0 IF 0x0105 ENDIF 1', MINIMALDATA)).toBe('OK');
    expect(evaluate('0x4c0105')).toBe('OK');
  });

  it('NOPs for soft forks', () => {
    for (const name of ['NOP1', 'NOP4', 'NOP10']) {
      expect(evaluate(`1 ${name}`)).toBe('OK');
      expect(evaluate(`1 ${name}`, DISCOURAGE_UPGRADABLE_NOPS)).toBe('DISCOURAGE_UPGRADABLE_NOPS');
      expect(evaluate(`0 IF ${name} ENDIF 1`, DISCOURAGE_UPGRADABLE_NOPS)).toBe('OK');
    }
    expect(evaluate('1 NOP', DISCOURAGE_UPGRADABLE_NOPS)).toBe('OK');
  });
});

describe('locks', () => {
  const cltv = (lock: string, locktime: number, sequence = 0): string =>
    outcome({
      scriptPubKey: script(`${lock} CHECKLOCKTIMEVERIFY DROP 1`),
      locktime,
      sequence,
      flags: CHECKLOCKTIMEVERIFY,
    });
  const csv = (lock: string, sequence: number, version = 2): string =>
    outcome({
      scriptPubKey: script(`${lock} CHECKSEQUENCEVERIFY DROP 1`),
      sequence,
      version,
      flags: CHECKSEQUENCEVERIFY,
    });

  it('absolute', () => {
    expect(cltv('100', 100)).toBe('OK');
    expect(cltv('101', 100)).toBe('UNSATISFIED_LOCKTIME');
    expect(cltv('100', 100, 0xffffffff)).toBe('UNSATISFIED_LOCKTIME');
    expect(cltv('499999999', 500_000_000)).toBe('UNSATISFIED_LOCKTIME');
    expect(cltv('500000000', 500_000_000)).toBe('OK');
    expect(cltv('500000000', 499_999_999)).toBe('UNSATISFIED_LOCKTIME');
    expect(cltv('4294967295', 0xffffffff)).toBe('OK');
    expect(cltv('-1', 100)).toBe('NEGATIVE_LOCKTIME');
    expect(cltv('0x06000000000001', 100)).toBe('SCRIPTNUM');
    expect(outcome({ scriptPubKey: script('CHECKLOCKTIMEVERIFY'), flags: CHECKLOCKTIMEVERIFY })).toBe(
      'INVALID_STACK_OPERATION',
    );
  });

  it('relative', () => {
    expect(csv('10', 10)).toBe('OK');
    expect(csv('11', 10)).toBe('UNSATISFIED_LOCKTIME');
    expect(csv('10', 10, 1)).toBe('UNSATISFIED_LOCKTIME');
    expect(csv('10', 0xffffffff)).toBe('UNSATISFIED_LOCKTIME');
    expect(csv('10', 0x0040000a)).toBe('UNSATISFIED_LOCKTIME');
    expect(csv('4194314', 0x0040000a)).toBe('OK');
    expect(csv('-1', 10)).toBe('NEGATIVE_LOCKTIME');
    // With bit 31 the operand asks for nothing.
    expect(csv('2147483648', 0xffffffff, 1)).toBe('OK');
    // Bits between mask and type say nothing.
    expect(csv('65546', 10)).toBe('OK');
  });

  it('before their soft forks they do nothing', () => {
    expect(evaluate('-1 CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY')).toBe('OK');
  });
});
