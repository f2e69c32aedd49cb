import * as fc from 'fast-check';
import type { CompiledInstruction, Message, TableLookup } from '../../src/tx/message.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const byte = fc.nat(255);
const u32 = fc.nat(0xffff_ffff);

const header = fc.record({
  signatures: fc.integer({ min: 1, max: 3 }),
  readonlySigned: byte,
  readonlyUnsigned: byte,
});

const instruction: fc.Arbitrary<CompiledInstruction> = fc.record({
  program: byte,
  accounts: fc.uint8Array({ maxLength: 200 }),
  data: fc.uint8Array({ maxLength: 300 }),
});

const body = {
  header,
  keys: fc.array(key, { maxLength: 8 }),
  blockhash: key,
  instructions: fc.array(instruction, { maxLength: 5 }),
};

const lookup: fc.Arbitrary<TableLookup> = fc.record({
  table: key,
  writable: fc.uint8Array({ maxLength: 6 }),
  readonly: fc.uint8Array({ maxLength: 6 }),
});

const config = fc.record({
  priorityFee: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined }),
  unitLimit: fc.option(u32, { nil: undefined }),
  loadedDataLimit: fc.option(u32, { nil: undefined }),
  heapBytes: fc.option(u32, { nil: undefined }),
});

/** Messages of all formats that can be written down, sensible or not. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ version: fc.constant('legacy' as const), ...body }),
  fc.record({ version: fc.constant(0 as const), ...body, lookups: fc.array(lookup, { maxLength: 3 }) }),
  fc.record({ version: fc.constant(1 as const), ...body, config }),
);
