import { bytesToHex, concatBytes, equalBytes, hexToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleScript, disassembleScript, pushNumber, scriptToAsm } from '../src/code/assembler.ts';
import {
  decodeScript,
  encodePush,
  findAndDelete,
  isMinimalPush,
  isPayToAnchor,
  isPayToScriptHash,
  isPushOnly,
  nextInstruction,
  pushData,
  witnessProgramOf,
} from '../src/code/script.ts';
import { decodeScriptNumber, encodeScriptNumber, isTrue } from '../src/code/script-number.ts';
import { OP, OPCODES } from '../src/spec/opcodes.ts';
import { codeOf } from './support/spend.ts';

const anyScript = fc.uint8Array({ maxLength: 100 });

describe('script numbers', () => {
  it.each([
    [0, '0x'],
    [1, '0x01'],
    [-1, '0x81'],
    [127, '0x7f'],
    [128, '0x8000'],
    [-128, '0x8080'],
    [255, '0xff00'],
    [256, '0x0001'],
    [-255, '0xff80'],
    [0x7fffffff, '0xffffff7f'],
    [-0x7fffffff, '0xffffffff'],
    [0x80000000, '0x0000008000'],
    [0xfffffffffe, '0xfeffffffff00'],
  ])('%d is %s', (value, text) => {
    expect(bytesToHex(encodeScriptNumber(value))).toBe(text);
    expect(decodeScriptNumber(hexToBytes(text), 8, true)).toBe(value);
  });

  it('round trip in the shortest form', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 39), max: 2 ** 39 }), (value) => {
        expect(decodeScriptNumber(encodeScriptNumber(value), 6, true)).toBe(value);
      }),
    );
  });

  it('longer forms are numbers only where the shortest is not asked for', () => {
    for (const [text, value] of [
      ['0x00', 0],
      ['0x80', 0],
      ['0x0100', 1],
      ['0x0180', -1],
      ['0xff0000', 255],
    ] as const) {
      expect(decodeScriptNumber(hexToBytes(text), 4, false)).toBe(value);
      expect(decodeScriptNumber(hexToBytes(text), 4, true)).toBeNaN();
    }
    expect(decodeScriptNumber(hexToBytes('0xff00'), 4, true)).toBe(255);
  });

  it('longer than allowed are none', () => {
    expect(decodeScriptNumber(new Uint8Array(5), 4, false)).toBeNaN();
    expect(decodeScriptNumber(new Uint8Array(5), 5, false)).toBe(0);
  });

  it('truth: zero is false in any length and with any sign', () => {
    for (const text of ['0x', '0x00', '0x80', '0x000080']) expect(isTrue(hexToBytes(text))).toBe(false);
    for (const text of ['0x01', '0x81', '0x8000', '0x0001']) expect(isTrue(hexToBytes(text))).toBe(true);
  });
});

describe('instructions', () => {
  it('push by each of the four ways', () => {
    for (const size of [0, 1, 75, 76, 255, 256, 65535, 65536]) {
      const data = new Uint8Array(size).fill(0xaa);
      const push = encodePush(data);
      expect(nextInstruction(push, 0)).toBe(push.length);
      expect(equalBytes(pushData(push, 0, push.length), data)).toBe(true);
      expect(decodeScript(push).instructions).toHaveLength(1);
    }
    expect(encodePush(new Uint8Array(76))[0]).toBe(OP.OP_PUSHDATA1);
    expect(encodePush(new Uint8Array(256))[0]).toBe(OP.OP_PUSHDATA2);
    expect(encodePush(new Uint8Array(65536))[0]).toBe(OP.OP_PUSHDATA4);
  });

  it('cut off', () => {
    for (const text of ['0x01', '0x4c', '0x4c01', '0x4d01', '0x4d0100', '0x4e010000', '0x4effffffff00']) {
      expect(decodeScript(hexToBytes(text)), text).toEqual({ instructions: [], cutOff: 0 });
      expect(isPushOnly(hexToBytes(text))).toBe(false);
    }
  });

  it('any bytes decode into parts that lie end to end', () => {
    fc.assert(
      fc.property(anyScript, (bytes) => {
        const { instructions, cutOff } = decodeScript(bytes);
        let at = 0;
        for (const instruction of instructions) {
          expect(instruction.at).toBe(at);
          at = nextInstruction(bytes, at);
        }
        expect(at).toBe(cutOff ?? bytes.length);
      }),
    );
  });

  it('minimal pushes', () => {
    const check = (text: string): boolean => {
      const [push] = decodeScript(hexToBytes(text)).instructions;
      return isMinimalPush(push!.data!, push!.opcode);
    };
    expect(check('0x00')).toBe(true);
    expect(check('0x4c00')).toBe(false);
    expect(check('0x0101')).toBe(false);
    expect(check('0x0110')).toBe(false);
    expect(check('0x0111')).toBe(true);
    expect(check('0x0100')).toBe(true);
    expect(check('0x0181')).toBe(false);
    expect(check('0x4c0111')).toBe(false);
    expect(check(`0x4c4c${'00'.repeat(76)}`)).toBe(true);
    expect(check(`0x4d4c00${'00'.repeat(76)}`)).toBe(false);
    expect(check(`0x4d0001${'00'.repeat(256)}`)).toBe(true);
    expect(check(`0x4e00010000${'00'.repeat(256)}`)).toBe(false);
    expect(isMinimalPush(new Uint8Array(65536), OP.OP_PUSHDATA4)).toBe(true);
  });

  it('forms of outputs', () => {
    const hash = '11'.repeat(20);
    expect(isPayToScriptHash(assembleScript(`HASH160 <${hash}> EQUAL`))).toBe(true);
    expect(isPayToScriptHash(hexToBytes(`0xa94c14${hash}87`))).toBe(false);
    expect(witnessProgramOf(assembleScript(`0 <${hash}>`))).toEqual({
      version: 0,
      program: hexToBytes(`0x${hash}`),
    });
    expect(witnessProgramOf(assembleScript('16 <0102>'))?.version).toBe(16);
    for (const text of ['0 <01>', `1 <${'00'.repeat(41)}>`, '-1 <0102>', '0x50020102', '1 <0102> NOP']) {
      expect(witnessProgramOf(assembleScript(text)), text).toBeUndefined();
    }
    expect(isPayToAnchor(witnessProgramOf(hexToBytes('0x51024e73'))!)).toBe(true);
    expect(isPayToAnchor(witnessProgramOf(hexToBytes('0x51024e74'))!)).toBe(false);
  });
});

describe('findAndDelete', () => {
  const remove = (script: string, part: string): string =>
    bytesToHex(findAndDelete(hexToBytes(script), hexToBytes(part)));

  it.each([
    ['0x5152', '0x', '0x5152'],
    ['0x515253', '0x52', '0x5153'],
    ['0x535253525353', '0x53', '0x5252'],
    ['0x0302ff03', '0x0302ff03', '0x'],
    ['0x0302ff030302ff03', '0x0302ff03', '0x'],
    // Inside data, nothing is found …
    ['0x0302ff030302ff03', '0x02', '0x0302ff030302ff03'],
    ['0x0302ff030302ff03', '0xff', '0x0302ff030302ff03'],
    // … and what is found may leave a push that swallows what follows.
    ['0x0302ff030302ff03', '0x03', '0x02ff0302ff03'],
    ['0x02feed5169', '0xfeed51', '0x02feed5169'],
    ['0x02feed5169', '0x02feed51', '0x69'],
    ['0x516902feed5169', '0xfeed51', '0x516902feed5169'],
    ['0x516902feed5169', '0x02feed51', '0x516969'],
    ['0x00005151', '0x00', '0x5151'],
    ['0x0003feed', '0x03feed', '0x00'],
    ['0x0003feed', '0x00', '0x03feed'],
  ])('%s without %s is %s', (script, part, expected) => {
    expect(remove(script, part)).toBe(expected);
  });

  it('gives the same array where nothing is found', () => {
    const script = hexToBytes('0x5152');
    expect(findAndDelete(script, hexToBytes('0x53'))).toBe(script);
  });

  it('never adds, and repeats to nothing new at instructions', () => {
    fc.assert(
      fc.property(anyScript, fc.uint8Array({ minLength: 1, maxLength: 3 }), (script, part) => {
        const rest = findAndDelete(script, part);
        expect((script.length - rest.length) % part.length).toBe(0);
      }),
    );
  });
});

describe('assembler', () => {
  it('knows names with and without OP_, numbers, raw bytes, pushes and text', () => {
    expect(bytesToHex(assembleScript("DUP OP_HASH160 <0102> 17 -1 0 16 1000 0xac 'az' RESERVED"))).toBe(
      '0x76a902010201114f006002e803ac02617a50',
    );
    expect(assembleScript('')).toEqual(new Uint8Array(0));
    expect(assembleScript('OP_TRUE NOP2 OP_NOP3 OP_1')).toEqual(Uint8Array.of(0x51, 0xb1, 0xb2, 0x51));
  });

  it('refuses what it does not know', () => {
    for (const word of ['FOO', '0x1', '<0>', '<zz>', "'a", '99999999999', '1.5', 'OP_']) {
      expect(
        codeOf(() => assembleScript(word)),
        word,
      ).toBe('SCRIPT_UNKNOWN_WORD');
    }
  });

  it('pushes numbers the shortest way', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const [push] = decodeScript(pushNumber(value)).instructions;
        if (value >= -1 && value <= 16) expect(pushNumber(value)).toHaveLength(1);
        else expect(isMinimalPush(push!.data!, push!.opcode)).toBe(true);
      }),
    );
  });

  it('every instruction by its name', () => {
    for (const { name, code } of OPCODES) {
      expect(assembleScript(name)).toEqual(Uint8Array.of(code));
    }
  });

  it('disassembly assembles to the same bytes, whatever they are', () => {
    fc.assert(
      fc.property(anyScript, (bytes) => {
        expect(bytesToHex(assembleScript(disassembleScript(bytes)))).toBe(bytesToHex(bytes));
      }),
    );
    const long = concatBytes(hexToBytes('0x4d0100aa'), encodePush(new Uint8Array(300)), hexToBytes('0x4c'));
    expect(assembleScript(disassembleScript(long))).toEqual(long);
  });

  it('asm of the RPC', () => {
    const hash = '89'.repeat(20);
    expect(scriptToAsm(assembleScript(`DUP HASH160 <${hash}> EQUALVERIFY CHECKSIG`))).toBe(
      `OP_DUP OP_HASH160 ${hash} OP_EQUALVERIFY OP_CHECKSIG`,
    );
    expect(scriptToAsm(hexToBytes('0x004f5160'))).toBe('0 -1 1 16');
    expect(scriptToAsm(hexToBytes('0x04ffffff7f05ffffffff7f'))).toBe('2147483647 ffffffff7f');
    expect(scriptToAsm(hexToBytes('0xba50bbff02aa'))).toBe(
      'OP_CHECKSIGADD OP_RESERVED OP_UNKNOWN OP_INVALIDOPCODE [error]',
    );
    expect(scriptToAsm(hexToBytes('0x05aabbccdd81'), () => true)).toBe('aabbccdd[ALL|ANYONECANPAY]');
    expect(scriptToAsm(hexToBytes('0x05aabbccdd7f'), () => true)).toBe('aabbccdd7f');
  });
});
