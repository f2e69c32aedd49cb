import { describe, expect, it } from 'vitest';
import { decodeProgram } from '../../src/engine/decode.ts';
import { readCode } from '../../src/jit/code.ts';
import {
  findBlocks,
  MAX_BLOCK_COST,
  MAX_FUNCTION_BLOCKS,
  MAX_FUNCTION_INSTRUCTIONS,
} from '../../src/jit/control-flow.ts';
import { encode, EXIT, ins, programOf } from '../support/assemble.ts';

const JA = 0x05;
const JNE = 0x55;
const MOV = 0xb7;
const CALL = 0x85;

const codeOf = (...instructions: number[][]) => readCode(decodeProgram(programOf(3, instructions)));

describe('basic blocks', () => {
  it('end at jumps and begin where jumps lead to', () => {
    const code = codeOf(encode(MOV), encode(JNE, { off: 1 }), encode(MOV), encode(MOV), EXIT);
    expect(findBlocks(code, 0)?.blocks).toEqual([
      { start: 0, last: 1, cost: 2, successors: [1, 2] },
      { start: 3, last: 4, cost: 2, successors: [] },
      { start: 2, last: 2, cost: 1, successors: [1] },
    ]);
  });

  it('count a wide constant once and skip its second slot', () => {
    const code = codeOf(ins(3, 'lddw', 'lddw', { dst: 1, imm: 5n }), encode(MOV), EXIT);
    expect(findBlocks(code, 0)?.blocks).toEqual([{ start: 0, last: 3, cost: 3, successors: [] }]);
  });

  it('end at calls, whose callees are other functions', () => {
    const code = codeOf(encode(CALL, { src: 1, imm: 1 }), EXIT, encode(MOV), EXIT);
    expect(findBlocks(code, 0)?.blocks).toEqual([
      { start: 0, last: 0, cost: 1, successors: [1] },
      { start: 1, last: 1, cost: 1, successors: [] },
    ]);
    expect(findBlocks(code, 2)?.blocks).toHaveLength(1);
  });

  it('may begin in the middle of another way through the text', () => {
    // The second slot of a wide constant is no instruction, but can be jumped to in what is not verified.
    const code = codeOf(encode(JNE, { off: 1 }), ins(3, 'lddw', 'lddw', { imm: 5n }), EXIT);
    expect(findBlocks(code, 0)?.blocks.map(({ start, cost }) => [start, cost])).toEqual([
      [0, 1],
      [2, 1],
      [1, 2],
    ]);
  });

  it('reach the end of the text', () => {
    const { blocks } = findBlocks(codeOf(encode(MOV)), 0)!;
    expect(blocks).toEqual([{ start: 0, last: 1, cost: 2, successors: [] }]);
  });

  it('are cut where they get long', () => {
    const code = codeOf(...Array.from({ length: MAX_BLOCK_COST + 1 }, () => encode(MOV)), EXIT);
    expect(findBlocks(code, 0)?.blocks.map(({ cost }) => cost)).toEqual([MAX_BLOCK_COST, 2]);
  });

  it('are not given for functions that are too long', () => {
    const moves = Array.from({ length: MAX_FUNCTION_INSTRUCTIONS }, () => encode(MOV));
    expect(findBlocks(codeOf(...moves, EXIT), 0)).toBeUndefined();
    expect(findBlocks(codeOf(...moves.slice(1), EXIT), 0)?.blocks.length).toBeGreaterThan(1);
  });

  it('are not looked for in functions that have too many', () => {
    const jumps = Array.from({ length: MAX_FUNCTION_BLOCKS }, () => encode(JA));
    expect(findBlocks(codeOf(...jumps, EXIT), 0)).toBeUndefined();
    expect(findBlocks(codeOf(...jumps.slice(1), EXIT), 0)?.blocks).toHaveLength(MAX_FUNCTION_BLOCKS);
  });
});
