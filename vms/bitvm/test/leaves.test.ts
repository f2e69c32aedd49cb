import { type Bytes, bytesToHex } from '@ninefold/base';
import { schnorr } from '@ninefold/crypto';
import {
  disassembleScript,
  SignatureHasher,
  STANDARD_FLAGS,
  tapLeafHash,
  verifyInput,
} from '@ninefold/vm-bitcoin-script';
import { describe, expect, it } from 'vitest';
import { CircuitBuilder } from '../src/code/builder.ts';
import { evaluateCircuit } from '../src/code/circuit.ts';
import {
  ASK_LEAF_SIZE,
  EQUIVOCATION_LEAF_SIZE,
  GATE_LEAF_SIZE,
  revealLeafSize,
  TIMEOUT_LEAF_SIZE,
  writeAskLeaf,
  writeBit,
  writeEquivocationLeaf,
  writeGateLeaf,
  writeReveal,
  writeRevealLeaf,
  writeTimeoutLeaf,
} from '../src/engine/leaves.ts';
import { LOCK_DOMAIN, lockPreimage, wireLocks, wirePreimage } from '../src/engine/locks.ts';
import { hashLocks } from '../src/engine/kernel.ts';
import { type ScriptWriter, writeScript } from '../src/engine/script-writer.ts';
import { GATES } from '../src/spec/gates.ts';
import { leafSpend, runLeaf } from './support/spend.ts';

const SEED = new Uint8Array(32).fill(3);
const KEY = new Uint8Array(32).fill(7);
const PUBLIC = schnorr.publicKey(KEY);
const LOCKS = wireLocks(SEED, 40);
const ASKS = hashLocks(SEED, LOCK_DOMAIN.askGate, 40);
const ONE = Uint8Array.of(1);
const EMPTY = new Uint8Array(0);
const secret = (wire: number, bit: number): Bytes => wirePreimage(SEED, wire, bit);
const asked = (index: number): Bytes => lockPreimage(SEED, LOCK_DOMAIN.askGate, index);

/** Runs a leaf that ends in a signature check, the signature lowest. */
function runSigned(script: Bytes, items: readonly Bytes[], key = KEY, sequence?: number): string | undefined {
  const { spent, tx } = leafSpend(script);
  const extension = { leafHash: tapLeafHash(0xc0, script), codeSeparatorPosition: 0xffffffff };
  const hash = new SignatureHasher(tx(items, sequence), [spent]).taproot(0, 0, undefined, extension)!;
  const signed = tx([schnorr.sign(hash, key), ...items], sequence);
  return verifyInput(signed, [spent], 0, STANDARD_FLAGS);
}

/** A leaf of a part of a script that leaves a number, compared with one. */
const leavesBit = (write: (script: ScriptWriter) => void, bit: number): Bytes =>
  writeScript(400, (script) => {
    write(script);
    script.number(bit).op(0x87);
  });

describe('bit commitments', () => {
  it('leave the bit a secret says', () => {
    for (const bit of [0, 1]) {
      const script = writeScript(200, (part) => {
        writeBit(part, LOCKS, 3);
        if (bit === 0) part.op(0x91);
      });
      expect(runLeaf(script, [secret(3, bit)])).toBeUndefined();
      expect(runLeaf(script, [secret(3, 1 - bit)])).toBe('EVAL_FALSE');
      expect(runLeaf(script, [secret(4, bit)])).toBe('VERIFY');
    }
    expect(leavesBit((part) => writeBit(part, LOCKS, 0), 1).length).toBe(54 + 2);
  });

  it('take secrets of 20 bytes only, of any bytes else', () => {
    const script = writeScript(200, (part) => writeBit(part, LOCKS, 3));
    for (const size of [0, 19, 21, 32, 80]) {
      expect(runLeaf(script, [new Uint8Array(size)])).toBe('EQUALVERIFY');
    }
    expect(runLeaf(script, [new Uint8Array(20)])).toBe('VERIFY');
  });

  it('open freely, or as was agreed on', () => {
    const script = (pin: 0 | 1 | undefined): Bytes =>
      writeScript(200, (part) => {
        writeReveal(part, LOCKS, 5, pin);
        part.op(0x51);
      });
    expect([0, 1].map((bit) => runLeaf(script(undefined), [secret(5, bit)]))).toEqual([undefined, undefined]);
    expect(runLeaf(script(1), [secret(5, 1)])).toBeUndefined();
    expect(runLeaf(script(1), [secret(5, 0)])).toBe('EQUALVERIFY');
    expect(runLeaf(script(0), [secret(5, 0)])).toBeUndefined();
    expect(runLeaf(script(undefined), [secret(6, 0)])).toBe('VERIFY');
  });
});

describe('gate leaves', () => {
  for (const { name, arity } of GATES) {
    it(`of ${name} let just its truth table pass`, () => {
      const builder = new CircuitBuilder();
      const [a, b] = builder.input(2);
      builder.output([builder.gate(name, a, b)]);
      const circuit = builder.build();
      const options = { locks: LOCKS, asked: { locks: ASKS, index: 9 }, key: PUBLIC };
      const script = writeScript(GATE_LEAF_SIZE, (part) => writeGateLeaf(part, circuit, 0, options));
      expect(script.length).toBeLessThanOrEqual(GATE_LEAF_SIZE);
      const out = circuit.out[0]!;
      for (let row = 0; row < 4; row++) {
        const [x, y] = [row >> 1, row & 1];
        const value = evaluateCircuit(circuit, [x, y])[out]!;
        const inputs = [secret(1, y), secret(0, x)].slice(2 - arity);
        if (arity === 1) inputs[0] = secret(0, x);
        expect(runSigned(script, [secret(out, value), ...inputs, asked(9)])).toBeUndefined();
        expect(runSigned(script, [secret(out, 1 - value), ...inputs, asked(9)])).toBe('EQUALVERIFY');
      }
    });
  }

  it('need the question that asks for them, and the key', () => {
    const builder = new CircuitBuilder();
    const [a, b] = builder.input(2);
    builder.output([builder.nand(a!, b!)]);
    const circuit = builder.build();
    const options = { locks: LOCKS, asked: { locks: ASKS, index: 2 }, key: PUBLIC };
    const script = writeScript(GATE_LEAF_SIZE, (part) => writeGateLeaf(part, circuit, 0, options));
    const items = [secret(2, 1), secret(1, 1), secret(0, 0)];
    expect(runSigned(script, [...items, asked(2)])).toBeUndefined();
    expect(runSigned(script, [...items, asked(3)])).toBe('EQUALVERIFY');
    expect(runSigned(script, [...items, asked(2)], new Uint8Array(32).fill(8))).toBe('SCHNORR_SIG');
    expect(script.length).toBe(GATE_LEAF_SIZE);
  });
});

describe('leaves of moves', () => {
  it('open many wires at once', () => {
    const wires = Array.from({ length: 30 }, (_, i) => i);
    const script = writeScript(revealLeafSize(30), (part) =>
      writeRevealLeaf(part, { locks: LOCKS, wires, asked: { locks: ASKS, index: 1 }, key: PUBLIC }),
    );
    expect(script.length).toBe(revealLeafSize(30));
    const opened = wires.map((wire) => secret(wire, wire % 2)).reverse();
    expect(runSigned(script, [...opened, asked(1)])).toBeUndefined();
    expect(runSigned(script, [...opened, asked(2)])).toBe('EQUALVERIFY');
    expect(runSigned(script, [...opened.slice(1), opened[0]!, asked(1)])).toBe('VERIFY');
    expect(runSigned(script, [...opened.slice(1), asked(1)])).toBeDefined();
  });

  it('keep claims to what was agreed on', () => {
    const pins = (wire: number): 0 | 1 | undefined => (wire === 1 ? 1 : undefined);
    const script = writeScript(revealLeafSize(2), (part) =>
      writeRevealLeaf(part, { locks: LOCKS, wires: [0, 1], pins, key: PUBLIC }),
    );
    expect(runSigned(script, [secret(1, 1), secret(0, 0)])).toBeUndefined();
    expect(runSigned(script, [secret(1, 0), secret(0, 0)])).toBe('EQUALVERIFY');
  });

  it('ask with a secret of 20 bytes', () => {
    const script = writeScript(ASK_LEAF_SIZE, (part) =>
      writeAskLeaf(part, { locks: ASKS, index: 4 }, PUBLIC),
    );
    expect(script.length).toBe(ASK_LEAF_SIZE);
    expect(runSigned(script, [asked(4)])).toBeUndefined();
    expect(runSigned(script, [asked(5)])).toBe('EQUALVERIFY');
    expect(runSigned(script, [new Uint8Array(21)])).toBe('EQUALVERIFY');
  });

  it('punish both secrets of a wire, and nothing else', () => {
    const script = writeScript(EQUIVOCATION_LEAF_SIZE, (part) =>
      writeEquivocationLeaf(part, LOCKS, 6, PUBLIC),
    );
    expect(script.length).toBe(EQUIVOCATION_LEAF_SIZE);
    expect(runSigned(script, [secret(6, 1), secret(6, 0)])).toBeUndefined();
    expect(runSigned(script, [secret(6, 0), secret(6, 1)])).toBe('EQUALVERIFY');
    expect(runSigned(script, [secret(6, 1), secret(6, 1)])).toBe('EQUALVERIFY');
    expect(runSigned(script, [secret(6, 0), secret(6, 0)])).toBe('EQUALVERIFY');
    expect(runSigned(script, [EMPTY, ONE])).toBe('EQUALVERIFY');
  });

  it('pay after a time', () => {
    for (const blocks of [2, 16, 17, 144, 40_000, 65_535]) {
      const script = writeScript(TIMEOUT_LEAF_SIZE, (part) => writeTimeoutLeaf(part, blocks, PUBLIC));
      expect(runSigned(script, [], KEY, blocks)).toBeUndefined();
      expect(runSigned(script, [], KEY, blocks - 1)).toBe('UNSATISFIED_LOCKTIME');
      expect(runSigned(script, [], KEY, 0xfffffffd)).toBe('UNSATISFIED_LOCKTIME');
    }
  });

  it('read as they are written', () => {
    const script = writeScript(TIMEOUT_LEAF_SIZE, (part) => writeTimeoutLeaf(part, 144, PUBLIC));
    expect(disassembleScript(script)).toBe(
      `<9000> OP_CHECKSEQUENCEVERIFY OP_DROP <${bytesToHex(PUBLIC).slice(2)}> OP_CHECKSIG`,
    );
  });

  it('never outgrow the room that was announced', () => {
    expect(() => writeScript(3, (part) => writeTimeoutLeaf(part, 144, PUBLIC))).toThrow(/announced|offset/);
    expect(() => writeScript(1, (part) => part.op(1, 2))).toThrow(/announced/);
  });
});
