import { describe, expect, it } from 'vitest';
import type { RecordPost, StateRecord } from '../../src/evm/state-record.ts';
import { toWord } from '../../src/evm/state-record.ts';
import { amsterdamSuite, runStateRecord, stateSuite } from '../../src/evm/state.ts';
import { createWorld } from '../../src/evm/world.ts';
import { createTally } from '../../src/tally.ts';
import { COINBASE, CONTRACT, RECORD, SENDER } from './fixture.ts';

const NO_LOGS = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
const indexes = { data: 0, gas: 0, value: 0 };

/** 21000, two PUSH1 and an SSTORE of a cold, empty slot, at 10 wei. */
const FEE = 10n * (21_000n + 3n + 3n + 22_100n);

/** What the fixture's transaction leaves in Berlin, where all of the fee goes to the coinbase. */
const AFTER_BERLIN = createWorld({
  [SENDER]: { balance: `0x${(10n ** 18n - FEE).toString(16)}`, nonce: '0x01', code: '0x', storage: {} },
  [CONTRACT]: {
    balance: '0x',
    nonce: '0x01',
    code: '0x600160005500',
    storage: { '0x00': '0x01', '0x02': '0x0a' },
  },
  [COINBASE]: { balance: `0x${FEE.toString(16)}`, nonce: '0x', code: '0x', storage: {} },
}).rootAfter(undefined, 'berlin', undefined);
const UNCHANGED = createWorld(RECORD.pre).rootAfter(undefined, 'berlin', undefined);

const good: RecordPost = { hash: AFTER_BERLIN, logs: NO_LOGS, indexes };
const refused: RecordPost = { hash: UNCHANGED, logs: NO_LOGS, indexes };

function run(post: RecordPost, network = 'Berlin', record: StateRecord = RECORD) {
  const tally = createTally({}, undefined);
  runStateRecord({ ...record, post: { [network]: [post] } }, tally);
  const { passed, failures } = tally.result();
  return passed === 1 && failures.length === 0 ? 'passed' : (failures[0]?.message ?? 'nothing ran');
}

describe('a state test', () => {
  it('passes when root, logs and gas are right', () => {
    expect(run(good)).toBe('passed');
    expect(run({ ...good, gasUsed: '0xa862' })).toBe('passed');
  });

  it('fails when one of them is not', () => {
    expect(run({ ...good, hash: UNCHANGED })).toContain('state root');
    expect(run({ ...good, logs: toWord('0x01') })).toContain('logs hash');
    expect(run({ ...good, gasUsed: '0xa863' })).toContain('gas used 43106, expected 43107');
  });

  it('passes a refusal for the reason that is expected, and no other', () => {
    const low = { ...refused, indexes: { ...indexes, gas: 1 } };
    expect(run({ ...low, expectException: 'TransactionException.INTRINSIC_GAS_TOO_LOW' })).toBe('passed');
    expect(run({ ...low, expectException: 'TransactionException.SENDER_NOT_EOA' })).toContain(
      'refused: INTRINSIC_GAS_TOO_LOW',
    );
    expect(run(low)).toContain('refused: INTRINSIC_GAS_TOO_LOW');
  });

  it('fails when what should be refused is valid', () => {
    expect(run({ ...good, expectException: 'TR_NoFunds' })).toContain('valid');
  });

  it('refuses numbers that no transaction can carry', () => {
    const huge = { ...refused, indexes: { ...indexes, value: 1 } };
    expect(run({ ...huge, expectException: 'TR_RLP_WRONGVALUE' })).toBe('passed');
  });

  it('fails in a network it does not know', () => {
    expect(run(good, 'Nowhere')).toContain('unknown network');
  });

  it('names its cases by source, test, network and variant', () => {
    const names: string[] = [];
    const record = {
      ...RECORD,
      post: { Berlin: [good], London: [good, { ...good, indexes: { ...indexes, gas: 1 } }] },
    };
    runStateRecord(record, { check: (name) => names.push(name) });
    expect(names).toEqual([
      'own storeOne [Berlin d0 g0 v0]',
      'own storeOne [London d0 g0 v0]',
      'own storeOne [London d0 g1 v0]',
    ]);
  });
});

describe('the suites', () => {
  const accepts = (record: object) =>
    [stateSuite, amsterdamSuite].map(
      (suite) => suite.kind === 'records' && suite.accepts(record as Readonly<Record<string, unknown>>),
    );

  it('share state tests by network', () => {
    expect(accepts({ ...RECORD, post: { Berlin: [] } })).toEqual([true, false]);
    expect(accepts({ ...RECORD, post: { Amsterdam: [] } })).toEqual([false, true]);
  });

  it('leave other formats alone', () => {
    expect(accepts({ blocks: [], pre: {} })).toEqual([false, false]);
    expect(accepts({ env: null, pre: {}, transaction: {}, post: {} })).toEqual([false, false]);
  });
});
