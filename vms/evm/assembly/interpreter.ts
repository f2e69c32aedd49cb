// The dispatch loop. One source, two ways of metering:
//
// - Stepwise: every instruction checks its static gas and the stack. The tracing build only has this.
// - Blockwise: a basic block is checked and charged whole when it is entered (code.ts). When the check
//   fails, or gas for a dynamic part does not suffice, the frame goes on stepwise from that very
//   instruction with the gas it would have had, so that what fails, where and why is exact.
//
// The loop leaves for calls, creations and the frame's end, and comes back by `F_` fields: pc, sp and
// gas are locals in between. Whatever may reserve memory can move stacks and frames (arena.ts):
// save before, reload after.
import { bswap64 } from '../../../packages/kernels/assembly/intrinsics';
import { keccak256 } from '../../../packages/kernels/assembly/keccak';
import { add, mul, sub } from '../../../packages/kernels/assembly/u256/arith';
import {
  and, byte, countLeadingZeros, not, or, sar, shl, shr, signextend, xor,
} from '../../../packages/kernels/assembly/u256/bits';
import { eq, gt, isZero, lt, sgt, slt } from '../../../packages/kernels/assembly/u256/compare';
import { addmod, div, mod, mulmod, sdiv, smod } from '../../../packages/kernels/assembly/u256/division';
import { exp } from '../../../packages/kernels/assembly/u256/exp';
import {
  byteLength, copy, fromBE, fromBEPartial, setU64, setZero, swap, toBE,
} from '../../../packages/kernels/assembly/u256/word';
import { frame } from './arena';
import { BLOCK_ENTRY, isJumpTarget } from './code';
import { appendLog } from './logs';
import { copyPadded, expand, expandRange, NOT_ENOUGH, toOffset, wordsOf } from './memory';
import {
  A_BALANCE, B_BASE_FEE, B_BLOB_BASE_FEE, B_CHAIN_ID, B_COINBASE, B_GAS_LIMIT, B_NUMBER, B_RANDAO,
  B_SLOT_NUMBER, B_TIMESTAMP, base, BLOCK, DIVISION, EXP, F_BLOCKS, F_CALLER, F_CODE, F_CODE_LENGTH,
  F_EXACT, F_GAS, F_INPUT, F_INPUT_LENGTH, F_MEMORY, F_MEMORY_SIZE, F_PC, F_RETURN_LENGTH,
  F_RETURN_OFFSET, F_SELF, F_SP, F_STACK_BASE, F_STATIC, F_VALUE, KECCAK, T_BLOB_COUNT, T_BLOBS, T_FROM,
  T_PRICE, TX,
} from './layout';
import { returnData, returnDataLength } from './return-data';
import {
  COPY_WORD, EXP_BYTE, FLAG_ENDS_BLOCK, KECCAK_WORD, LOG_BYTE, OP_COST, OP_FLAGS, OP_MAX_HEIGHT,
  OP_PUSH_BYTES, OP_STACK_IN, opcodeTable, price,
} from './rules';
import {
  opBalance, opBlockHash, opExtCodeCopy, opExtCodeHash, opExtCodeSize, opSelfdestruct, opSload, opSstore,
  opTload, opTstore,
} from './state-ops';
import {
  DO_CALL, DO_CREATE, DO_RESUME, END_RETURN, END_REVERT, END_STOP, halt, INVALID_JUMP, INVALID_OPCODE,
  OUT_OF_GAS, RETURN_DATA_OUT_OF_BOUNDS, STACK_OVERFLOW, STACK_UNDERFLOW, STATIC_VIOLATION,
} from './status';
import { pairImmediate, singleImmediate } from './stack-immediates';
import { stepCost } from './step-cost';
import { traceStep } from './trace-host';

// The metering of an instance of the loop, told apart by size.
type Blockwise = u8;
type Stepwise = u16;

/** Blocks after which the loop is left and entered again, so that a better compiled one takes over. */
const BLOCKS_PER_ROUND: u32 = 1 << 16;

/** Runs the current frame up to its end, a call or a creation; an `END_` or `DO_` code. */
export function interpret(): u32 {
  if (isDefined(TRACE)) return run<Stepwise>(frame);
  return load<u32>(frame, F_EXACT) != 0 ? run<Stepwise>(frame) : run<Blockwise>(frame);
}

@inline
function isBlockwise<M>(): bool {
  return sizeof<M>() == 1;
}

@inline
function save(f: usize, pc: usize, sp: usize, gas: u64): void {
  store<u32>(f, <u32>pc, F_PC);
  store<u32>(f, <u32>sp, F_SP);
  store<u64>(f, gas, F_GAS);
}

/** Goes on metering per instruction at `pc`, whose block has been charged. */
function goStepwise(f: usize, pc: usize, sp: usize, gas: u64): u32 {
  const table = opcodeTable();
  const code = <usize>load<u32>(f, F_CODE);
  const end = code + load<u32>(f, F_CODE_LENGTH);
  for (let at = pc; at <= end; ) {
    const entry = table + (<usize>load<u8>(at) << 3);
    const flags = load<u8>(entry, OP_FLAGS);
    // A later JUMPDEST begins the next block.
    if (at != pc && load<u8>(at) == 0x5b) break;
    gas += <u64>load<u16>(entry, OP_COST);
    if (flags == 0 || (flags & FLAG_ENDS_BLOCK) != 0) break;
    at += 1 + load<u8>(entry, OP_PUSH_BYTES);
  }
  save(f, pc, sp, gas);
  store<u32>(f, 1, F_EXACT);
  return DO_RESUME;
}

/** A dynamic part of the instruction at `pc` costs more than `gas`; its operands are untouched. */
@inline
function outOfGas<M>(f: usize, pc: usize, sp: usize, gas: u64): u32 {
  return isBlockwise<M>() ? goStepwise(f, pc, sp, gas) : halt(OUT_OF_GAS);
}

@inline
function setBool(out: usize, value: bool): void {
  setU64(out, <u64>value);
}

@inline
function setAddress(out: usize, address: usize): void {
  // 20 big-endian bytes: the word's lower limbs come from its end.
  store<u64>(out, bswap64(load<u64>(address, 12)));
  store<u64>(out, bswap64(load<u64>(address, 4)), 8);
  store<u64>(out, <u64>bswap<u32>(load<u32>(address)), 16);
  store<u64>(out, 0, 24);
}

function run<M>(f: usize): u32 {
  const table = opcodeTable();
  let code = <usize>load<u32>(f, F_CODE);
  let blocks = <usize>load<u32>(f, F_BLOCKS);
  let stackBase = <usize>load<u32>(f, F_STACK_BASE);
  let pc = <usize>load<u32>(f, F_PC);
  let sp = <usize>load<u32>(f, F_SP);
  let gas = load<u64>(f, F_GAS);
  let mem = <usize>load<u32>(f, F_MEMORY);
  let memSize = <u64>load<u32>(f, F_MEMORY_SIZE);
  let rounds = BLOCKS_PER_ROUND;

  while (true) {
    if (isBlockwise<M>()) {
      const entry = blocks + (pc - code) * BLOCK_ENTRY;
      const cost = <u64>load<u32>(entry);
      const height = <u32>(stackBase - sp) >> 5;
      if (gas < cost || height < <u32>load<u16>(entry, 4) || height > <u32>load<u16>(entry, 6) || --rounds == 0) {
        save(f, pc, sp, gas);
        if (rounds != 0) store<u32>(f, 1, F_EXACT);
        return DO_RESUME;
      }
      gas -= cost;
      if (load<u8>(pc) == 0x5b) pc++;
    }

    while (true) {
      const op = load<u8>(pc);
      if (!isBlockwise<M>()) {
        const entry = table + (<usize>op << 3);
        const cost = <u64>load<u16>(entry, OP_COST);
        const height = <u32>(stackBase - sp) >> 5;
        if (isDefined(TRACE)) {
          save(f, pc, sp, gas);
          const cost = stepCost(op, height, gas);
          // Pricing may have loaded state, and so moved the frame.
          f = frame;
          pc = <usize>load<u32>(f, F_PC);
          sp = <usize>load<u32>(f, F_SP);
          code = <usize>load<u32>(f, F_CODE);
          blocks = <usize>load<u32>(f, F_BLOCKS);
          stackBase = <usize>load<u32>(f, F_STACK_BASE);
          mem = <usize>load<u32>(f, F_MEMORY);
          traceStep(<u32>(pc - code), op, height, cost);
        }
        if (height < <u32>load<u8>(entry, OP_STACK_IN)) return halt(STACK_UNDERFLOW);
        if (load<u8>(entry, OP_FLAGS) == 0) return halt(INVALID_OPCODE);
        if (height > <u32>load<u16>(entry, OP_MAX_HEIGHT)) return halt(STACK_OVERFLOW);
        if (gas < cost) return halt(OUT_OF_GAS);
        gas -= cost;
      }

      switch (op) {
        case 0x00: // STOP
          save(f, pc, sp, gas);
          return END_STOP;
        case 0x01: // ADD
          add(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x02: // MUL
          mul(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x03: // SUB
          sub(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x04: // DIV
          div(sp + 32, sp, sp + 32, base + DIVISION);
          sp += 32;
          pc++;
          continue;
        case 0x05: // SDIV
          sdiv(sp + 32, sp, sp + 32, base + DIVISION);
          sp += 32;
          pc++;
          continue;
        case 0x06: // MOD
          mod(sp + 32, sp, sp + 32, base + DIVISION);
          sp += 32;
          pc++;
          continue;
        case 0x07: // SMOD
          smod(sp + 32, sp, sp + 32, base + DIVISION);
          sp += 32;
          pc++;
          continue;
        case 0x08: // ADDMOD
          addmod(sp + 64, sp, sp + 32, sp + 64, base + DIVISION);
          sp += 64;
          pc++;
          continue;
        case 0x09: // MULMOD
          mulmod(sp + 64, sp, sp + 32, sp + 64, base + DIVISION);
          sp += 64;
          pc++;
          continue;
        case 0x0a: { // EXP
          const cost = <u64>byteLength(sp + 32) * price(EXP_BYTE);
          if (gas < cost) return outOfGas<M>(f, pc, sp, gas);
          gas -= cost;
          exp(sp + 32, sp, sp + 32, base + EXP);
          sp += 32;
          pc++;
          continue;
        }
        case 0x0b: // SIGNEXTEND
          signextend(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;

        case 0x10: // LT
          setBool(sp + 32, lt(sp, sp + 32));
          sp += 32;
          pc++;
          continue;
        case 0x11: // GT
          setBool(sp + 32, gt(sp, sp + 32));
          sp += 32;
          pc++;
          continue;
        case 0x12: // SLT
          setBool(sp + 32, slt(sp, sp + 32));
          sp += 32;
          pc++;
          continue;
        case 0x13: // SGT
          setBool(sp + 32, sgt(sp, sp + 32));
          sp += 32;
          pc++;
          continue;
        case 0x14: // EQ
          setBool(sp + 32, eq(sp, sp + 32));
          sp += 32;
          pc++;
          continue;
        case 0x15: // ISZERO
          setBool(sp, isZero(sp));
          pc++;
          continue;
        case 0x16: // AND
          and(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x17: // OR
          or(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x18: // XOR
          xor(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x19: // NOT
          not(sp, sp);
          pc++;
          continue;
        case 0x1a: // BYTE
          byte(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x1b: // SHL
          shl(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x1c: // SHR
          shr(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x1d: // SAR
          sar(sp + 32, sp, sp + 32);
          sp += 32;
          pc++;
          continue;
        case 0x1e: // CLZ
          countLeadingZeros(sp, sp);
          pc++;
          continue;

        case 0x20: { // KECCAK256
          const offset = toOffset(sp);
          const length = toOffset(sp + 32);
          const cost = wordsOf(length) * price(KECCAK_WORD);
          if (gas < cost) return outOfGas<M>(f, pc, sp, gas);
          const left = expandRange(f, offset, length, gas - cost);
          if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
          gas = left;
          memSize = <u64>load<u32>(f, F_MEMORY_SIZE);
          sp += 32;
          keccak256(sp, mem + <usize>(length == 0 ? 0 : offset), <usize>length, base + KECCAK);
          fromBE(sp, sp);
          pc++;
          continue;
        }

        case 0x30: // ADDRESS
          sp -= 32;
          setAddress(sp, load<u32>(f, F_SELF));
          pc++;
          continue;
        case 0x31: // BALANCE
        case 0x3b: // EXTCODESIZE
        case 0x3f: { // EXTCODEHASH
          save(f, pc, sp, gas);
          const left = op == 0x31 ? opBalance() : op == 0x3b ? opExtCodeSize() : opExtCodeHash();
          f = frame;
          pc = <usize>load<u32>(f, F_PC);
          sp = <usize>load<u32>(f, F_SP);
          if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
          gas = left;
          code = <usize>load<u32>(f, F_CODE);
          blocks = <usize>load<u32>(f, F_BLOCKS);
          stackBase = <usize>load<u32>(f, F_STACK_BASE);
          mem = <usize>load<u32>(f, F_MEMORY);
          pc++;
          continue;
        }
        case 0x32: // ORIGIN
          sp -= 32;
          setAddress(sp, base + TX + T_FROM);
          pc++;
          continue;
        case 0x33: // CALLER
          sp -= 32;
          setAddress(sp, load<u32>(f, F_CALLER));
          pc++;
          continue;
        case 0x34: // CALLVALUE
          sp -= 32;
          copy(sp, f + F_VALUE);
          pc++;
          continue;
        case 0x35: { // CALLDATALOAD
          const offset = toOffset(sp);
          const length = load<u32>(f, F_INPUT_LENGTH);
          const input = <usize>load<u32>(f, F_INPUT);
          if (offset + 32 <= <u64>length) {
            fromBE(sp, input + <usize>offset);
          } else {
            copyPadded(sp, input, length, offset, 32);
            fromBE(sp, sp);
          }
          pc++;
          continue;
        }
        case 0x36: // CALLDATASIZE
          sp -= 32;
          setU64(sp, load<u32>(f, F_INPUT_LENGTH));
          pc++;
          continue;
        case 0x37: // CALLDATACOPY
        case 0x39: // CODECOPY
        case 0x3e: { // RETURNDATACOPY
          const to = toOffset(sp);
          const from = toOffset(sp + 32);
          const length = toOffset(sp + 64);
          const cost = wordsOf(length) * price(COPY_WORD);
          if (gas < cost) return outOfGas<M>(f, pc, sp, gas);
          const left = expandRange(f, to, length, gas - cost);
          if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
          gas = left;
          memSize = <u64>load<u32>(f, F_MEMORY_SIZE);
          if (op == 0x3e) {
            if (from + length > <u64>returnDataLength) return halt(RETURN_DATA_OUT_OF_BOUNDS);
            if (length != 0) memory.copy(mem + <usize>to, returnData + <usize>from, <usize>length);
          } else if (length != 0) {
            const source = <usize>(op == 0x37 ? load<u32>(f, F_INPUT) : <u32>code);
            const size = op == 0x37 ? load<u32>(f, F_INPUT_LENGTH) : load<u32>(f, F_CODE_LENGTH);
            copyPadded(mem + <usize>to, source, size, from, <usize>length);
          }
          sp += 96;
          pc++;
          continue;
        }
        case 0x38: // CODESIZE
          sp -= 32;
          setU64(sp, load<u32>(f, F_CODE_LENGTH));
          pc++;
          continue;
        case 0x3a: // GASPRICE
          sp -= 32;
          copy(sp, base + TX + T_PRICE);
          pc++;
          continue;
        case 0x3c: { // EXTCODECOPY
          save(f, pc, sp, gas);
          const left = opExtCodeCopy();
          f = frame;
          pc = <usize>load<u32>(f, F_PC);
          sp = <usize>load<u32>(f, F_SP);
          if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
          gas = left;
          code = <usize>load<u32>(f, F_CODE);
          blocks = <usize>load<u32>(f, F_BLOCKS);
          stackBase = <usize>load<u32>(f, F_STACK_BASE);
          mem = <usize>load<u32>(f, F_MEMORY);
          memSize = <u64>load<u32>(f, F_MEMORY_SIZE);
          pc++;
          continue;
        }
        case 0x3d: // RETURNDATASIZE
          sp -= 32;
          setU64(sp, returnDataLength);
          pc++;
          continue;

        case 0x40: // BLOCKHASH
          opBlockHash(sp);
          pc++;
          continue;
        case 0x41: // COINBASE
          sp -= 32;
          setAddress(sp, base + BLOCK + B_COINBASE);
          pc++;
          continue;
        case 0x42: // TIMESTAMP
          sp -= 32;
          setU64(sp, load<u64>(base + BLOCK, B_TIMESTAMP));
          pc++;
          continue;
        case 0x43: // NUMBER
          sp -= 32;
          setU64(sp, load<u64>(base + BLOCK, B_NUMBER));
          pc++;
          continue;
        case 0x44: // PREVRANDAO, before Paris DIFFICULTY
          sp -= 32;
          copy(sp, base + BLOCK + B_RANDAO);
          pc++;
          continue;
        case 0x45: // GASLIMIT
          sp -= 32;
          setU64(sp, load<u64>(base + BLOCK, B_GAS_LIMIT));
          pc++;
          continue;
        case 0x46: // CHAINID
          sp -= 32;
          copy(sp, base + BLOCK + B_CHAIN_ID);
          pc++;
          continue;
        case 0x47: // SELFBALANCE
          sp -= 32;
          copy(sp, <usize>load<u32>(f, F_SELF) + A_BALANCE);
          pc++;
          continue;
        case 0x48: // BASEFEE
          sp -= 32;
          copy(sp, base + BLOCK + B_BASE_FEE);
          pc++;
          continue;
        case 0x49: { // BLOBHASH
          const index = toOffset(sp);
          if (index < <u64>load<u32>(base + TX, T_BLOB_COUNT)) {
            fromBE(sp, <usize>load<u32>(base + TX, T_BLOBS) + (<usize>index << 5));
          } else {
            setZero(sp);
          }
          pc++;
          continue;
        }
        case 0x4a: // BLOBBASEFEE
          sp -= 32;
          copy(sp, base + BLOCK + B_BLOB_BASE_FEE);
          pc++;
          continue;
        case 0x4b: // SLOTNUM
          sp -= 32;
          setU64(sp, load<u64>(base + BLOCK, B_SLOT_NUMBER));
          pc++;
          continue;

        case 0x50: // POP
          sp += 32;
          pc++;
          continue;
        case 0x51: { // MLOAD
          const offset = toOffset(sp);
          if (offset + 32 > memSize) {
            const left = expand(f, offset + 32, gas);
            if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
            gas = left;
            memSize = <u64>load<u32>(f, F_MEMORY_SIZE);
          }
          fromBE(sp, mem + <usize>offset);
          pc++;
          continue;
        }
        case 0x52: { // MSTORE
          const offset = toOffset(sp);
          if (offset + 32 > memSize) {
            const left = expand(f, offset + 32, gas);
            if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
            gas = left;
            memSize = <u64>load<u32>(f, F_MEMORY_SIZE);
          }
          toBE(mem + <usize>offset, sp + 32);
          sp += 64;
          pc++;
          continue;
        }
        case 0x53: { // MSTORE8
          const offset = toOffset(sp);
          if (offset + 1 > memSize) {
            const left = expand(f, offset + 1, gas);
            if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
            gas = left;
            memSize = <u64>load<u32>(f, F_MEMORY_SIZE);
          }
          store<u8>(mem + <usize>offset, load<u8>(sp, 32));
          sp += 64;
          pc++;
          continue;
        }
        case 0x54: { // SLOAD
          save(f, pc, sp, gas);
          const left = opSload();
          f = frame;
          pc = <usize>load<u32>(f, F_PC);
          sp = <usize>load<u32>(f, F_SP);
          if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
          gas = left;
          code = <usize>load<u32>(f, F_CODE);
          blocks = <usize>load<u32>(f, F_BLOCKS);
          stackBase = <usize>load<u32>(f, F_STACK_BASE);
          mem = <usize>load<u32>(f, F_MEMORY);
          pc++;
          continue;
        }
        case 0x55: // SSTORE
        case 0x5d: { // TSTORE
          if (load<u32>(f, F_STATIC) != 0) return halt(STATIC_VIOLATION);
          save(f, pc, sp, gas);
          const left = op == 0x55 ? opSstore() : opTstore();
          f = frame;
          pc = <usize>load<u32>(f, F_PC);
          sp = <usize>load<u32>(f, F_SP);
          if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
          gas = left;
          code = <usize>load<u32>(f, F_CODE);
          blocks = <usize>load<u32>(f, F_BLOCKS);
          stackBase = <usize>load<u32>(f, F_STACK_BASE);
          mem = <usize>load<u32>(f, F_MEMORY);
          sp += 64;
          pc++;
          if (op == 0x5d) continue;
          break;
        }
        case 0x56: { // JUMP
          const target = toOffset(sp);
          if (!isJumpTarget(code, load<u32>(f, F_CODE_LENGTH), blocks, target)) return halt(INVALID_JUMP);
          sp += 32;
          pc = code + <usize>target;
          break;
        }
        case 0x57: // JUMPI
          if (isZero(sp + 32)) {
            pc++;
          } else {
            const target = toOffset(sp);
            if (!isJumpTarget(code, load<u32>(f, F_CODE_LENGTH), blocks, target)) return halt(INVALID_JUMP);
            pc = code + <usize>target;
          }
          sp += 64;
          break;
        case 0x58: // PC
          sp -= 32;
          setU64(sp, pc - code);
          pc++;
          continue;
        case 0x59: // MSIZE
          sp -= 32;
          setU64(sp, memSize);
          pc++;
          continue;
        case 0x5a: // GAS
          sp -= 32;
          setU64(sp, gas);
          pc++;
          break;
        case 0x5b: // JUMPDEST
          if (!isBlockwise<M>()) pc++;
          break;
        case 0x5c: // TLOAD
          opTload(sp);
          pc++;
          continue;
        case 0x5e: { // MCOPY
          const to = toOffset(sp);
          const from = toOffset(sp + 32);
          const length = toOffset(sp + 64);
          const cost = wordsOf(length) * price(COPY_WORD);
          if (gas < cost) return outOfGas<M>(f, pc, sp, gas);
          const left = expandRange(f, max(to, from), length, gas - cost);
          if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
          gas = left;
          memSize = <u64>load<u32>(f, F_MEMORY_SIZE);
          if (length != 0) memory.copy(mem + <usize>to, mem + <usize>from, <usize>length);
          sp += 96;
          pc++;
          continue;
        }

        case 0x5f: // PUSH0
          sp -= 32;
          setZero(sp);
          pc++;
          continue;
        case 0x60: // PUSH1
          sp -= 32;
          setU64(sp, load<u8>(pc, 1));
          pc += 2;
          continue;
        case 0x61: // PUSH2
          sp -= 32;
          setU64(sp, <u64>bswap<u16>(load<u16>(pc, 1)));
          pc += 3;
          continue;
        case 0x62: // PUSH3
          sp -= 32;
          setU64(sp, <u64>(bswap<u32>(load<u32>(pc, 1)) >> 8));
          pc += 4;
          continue;
        case 0x63: // PUSH4
          sp -= 32;
          setU64(sp, <u64>bswap<u32>(load<u32>(pc, 1)));
          pc += 5;
          continue;
        case 0x64: // PUSH5
        case 0x65: // PUSH6
        case 0x66: // PUSH7
        case 0x67: // PUSH8
        case 0x68: // PUSH9
        case 0x69: // PUSH10
        case 0x6a: // PUSH11
        case 0x6b: // PUSH12
        case 0x6c: // PUSH13
        case 0x6d: // PUSH14
        case 0x6e: // PUSH15
        case 0x6f: // PUSH16
        case 0x70: // PUSH17
        case 0x71: // PUSH18
        case 0x72: // PUSH19
        case 0x73: // PUSH20
        case 0x74: // PUSH21
        case 0x75: // PUSH22
        case 0x76: // PUSH23
        case 0x77: // PUSH24
        case 0x78: // PUSH25
        case 0x79: // PUSH26
        case 0x7a: // PUSH27
        case 0x7b: // PUSH28
        case 0x7c: // PUSH29
        case 0x7d: // PUSH30
        case 0x7e: // PUSH31
        case 0x7f: {
          // PUSH5 to PUSH32
          const length = <usize>op - 0x5f;
          sp -= 32;
          fromBEPartial(sp, pc + 1, length);
          pc += 1 + length;
          continue;
        }
        case 0x80: // DUP1
          copy(sp - 32, sp + 0);
          sp -= 32;
          pc++;
          continue;
        case 0x81: // DUP2
          copy(sp - 32, sp + 32);
          sp -= 32;
          pc++;
          continue;
        case 0x82: // DUP3
          copy(sp - 32, sp + 64);
          sp -= 32;
          pc++;
          continue;
        case 0x83: // DUP4
          copy(sp - 32, sp + 96);
          sp -= 32;
          pc++;
          continue;
        case 0x84: // DUP5
          copy(sp - 32, sp + 128);
          sp -= 32;
          pc++;
          continue;
        case 0x85: // DUP6
          copy(sp - 32, sp + 160);
          sp -= 32;
          pc++;
          continue;
        case 0x86: // DUP7
          copy(sp - 32, sp + 192);
          sp -= 32;
          pc++;
          continue;
        case 0x87: // DUP8
          copy(sp - 32, sp + 224);
          sp -= 32;
          pc++;
          continue;
        case 0x88: // DUP9
          copy(sp - 32, sp + 256);
          sp -= 32;
          pc++;
          continue;
        case 0x89: // DUP10
          copy(sp - 32, sp + 288);
          sp -= 32;
          pc++;
          continue;
        case 0x8a: // DUP11
          copy(sp - 32, sp + 320);
          sp -= 32;
          pc++;
          continue;
        case 0x8b: // DUP12
          copy(sp - 32, sp + 352);
          sp -= 32;
          pc++;
          continue;
        case 0x8c: // DUP13
          copy(sp - 32, sp + 384);
          sp -= 32;
          pc++;
          continue;
        case 0x8d: // DUP14
          copy(sp - 32, sp + 416);
          sp -= 32;
          pc++;
          continue;
        case 0x8e: // DUP15
          copy(sp - 32, sp + 448);
          sp -= 32;
          pc++;
          continue;
        case 0x8f: // DUP16
          copy(sp - 32, sp + 480);
          sp -= 32;
          pc++;
          continue;
        case 0x90: // SWAP1
          swap(sp, sp + 32);
          pc++;
          continue;
        case 0x91: // SWAP2
          swap(sp, sp + 64);
          pc++;
          continue;
        case 0x92: // SWAP3
          swap(sp, sp + 96);
          pc++;
          continue;
        case 0x93: // SWAP4
          swap(sp, sp + 128);
          pc++;
          continue;
        case 0x94: // SWAP5
          swap(sp, sp + 160);
          pc++;
          continue;
        case 0x95: // SWAP6
          swap(sp, sp + 192);
          pc++;
          continue;
        case 0x96: // SWAP7
          swap(sp, sp + 224);
          pc++;
          continue;
        case 0x97: // SWAP8
          swap(sp, sp + 256);
          pc++;
          continue;
        case 0x98: // SWAP9
          swap(sp, sp + 288);
          pc++;
          continue;
        case 0x99: // SWAP10
          swap(sp, sp + 320);
          pc++;
          continue;
        case 0x9a: // SWAP11
          swap(sp, sp + 352);
          pc++;
          continue;
        case 0x9b: // SWAP12
          swap(sp, sp + 384);
          pc++;
          continue;
        case 0x9c: // SWAP13
          swap(sp, sp + 416);
          pc++;
          continue;
        case 0x9d: // SWAP14
          swap(sp, sp + 448);
          pc++;
          continue;
        case 0x9e: // SWAP15
          swap(sp, sp + 480);
          pc++;
          continue;
        case 0x9f: // SWAP16
          swap(sp, sp + 512);
          pc++;
          continue;

        case 0xa0: // LOG0
        case 0xa1:
        case 0xa2:
        case 0xa3:
        case 0xa4: { // LOG4
          if (load<u32>(f, F_STATIC) != 0) return halt(STATIC_VIOLATION);
          const offset = toOffset(sp);
          const length = toOffset(sp + 32);
          const cost = length * price(LOG_BYTE);
          if (gas < cost) return outOfGas<M>(f, pc, sp, gas);
          const left = expandRange(f, offset, length, gas - cost);
          if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
          gas = left;
          save(f, pc, sp, gas);
          appendLog(<u32>op - 0xa0, <usize>offset, <u32>length);
          f = frame;
          code = <usize>load<u32>(f, F_CODE);
          blocks = <usize>load<u32>(f, F_BLOCKS);
          stackBase = <usize>load<u32>(f, F_STACK_BASE);
          mem = <usize>load<u32>(f, F_MEMORY);
          memSize = <u64>load<u32>(f, F_MEMORY_SIZE);
          pc = <usize>load<u32>(f, F_PC) + 1;
          sp = <usize>load<u32>(f, F_SP) + 64 + ((<usize>op - 0xa0) << 5);
          continue;
        }

        case 0xe6: // DUPN
        case 0xe7: { // SWAPN
          const position = singleImmediate(load<u8>(pc, 1));
          if (position == 0) return halt(INVALID_OPCODE);
          const items = op == 0xe6 ? position : position + 1;
          if (<u32>(stackBase - sp) >> 5 < items) return halt(STACK_UNDERFLOW);
          if (op == 0xe6) {
            copy(sp - 32, sp + ((<usize>position - 1) << 5));
            sp -= 32;
          } else {
            swap(sp, sp + (<usize>position << 5));
          }
          pc += 2;
          continue;
        }
        case 0xe8: { // EXCHANGE
          const pair = pairImmediate(load<u8>(pc, 1));
          if (pair == 0) return halt(INVALID_OPCODE);
          const first = <usize>(pair & 0xffff);
          const second = <usize>(pair >> 16);
          if (<usize>(stackBase - sp) >> 5 <= max(first, second)) return halt(STACK_UNDERFLOW);
          swap(sp + (first << 5), sp + (second << 5));
          pc += 2;
          continue;
        }

        case 0xf0: // CREATE
        case 0xf5: // CREATE2
          save(f, pc, sp, gas);
          return DO_CREATE;
        case 0xf1: // CALL
        case 0xf2: // CALLCODE
        case 0xf4: // DELEGATECALL
        case 0xfa: // STATICCALL
          save(f, pc, sp, gas);
          return DO_CALL;
        case 0xf3: // RETURN
        case 0xfd: { // REVERT
          const offset = toOffset(sp);
          const length = toOffset(sp + 32);
          const left = expandRange(f, offset, length, gas);
          if (left == NOT_ENOUGH) return outOfGas<M>(f, pc, sp, gas);
          save(f, pc, sp, left);
          // The end of a frame finds its output where a call puts the place for it.
          store<u32>(f, length == 0 ? 0 : <u32>offset, F_RETURN_OFFSET);
          store<u32>(f, <u32>length, F_RETURN_LENGTH);
          return op == 0xf3 ? END_RETURN : END_REVERT;
        }
        case 0xff: { // SELFDESTRUCT
          if (load<u32>(f, F_STATIC) != 0) return halt(STATIC_VIOLATION);
          save(f, pc, sp, gas);
          const left = opSelfdestruct();
          f = frame;
          if (left == NOT_ENOUGH) {
            return outOfGas<M>(f, <usize>load<u32>(f, F_PC), <usize>load<u32>(f, F_SP), gas);
          }
          store<u64>(f, left, F_GAS);
          return END_STOP;
        }
        default: // INVALID and what this fork does not define
          return halt(INVALID_OPCODE);
      }
      break;
    }
  }
}
