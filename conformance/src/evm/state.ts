import type { Hex } from '@ninefold/base';
import type { BlockEnvironment, Evm, Rules, TransactionOutcome } from '@ninefold/vm-evm';
import { createEvm } from '@ninefold/vm-evm';
import type { CaseSink, Suite } from '../suite.ts';
import { isExpected } from './exceptions.ts';
import type { RecordPost, StateRecord } from './state-record.ts';
import { environmentOf, rulesOf, transactionOf } from './state-record.ts';
import type { World } from './world.ts';
import { createWorld, logsHash } from './world.ts';

/** The network of the vectors that another client computed for rules without an official suite. */
const AMSTERDAM = 'Amsterdam';

/** Official state tests. */
export const stateSuite: Suite = {
  kind: 'records',
  accepts: (record) => isStateRecord(record) && !networksOf(record).includes(AMSTERDAM),
  run: (record, cases) => runStateRecord(record as StateRecord, cases),
};

/** Amsterdam: not official, so a mismatch is a question to both sides. */
export const amsterdamSuite: Suite = {
  kind: 'records',
  accepts: (record) => isStateRecord(record) && networksOf(record).includes(AMSTERDAM),
  run: (record, cases) => runStateRecord(record as StateRecord, cases),
};

function isStateRecord(record: Readonly<Record<string, unknown>>): boolean {
  return ['env', 'pre', 'transaction', 'post'].every(
    (key) => typeof record[key] === 'object' && record[key] !== null,
  );
}

function networksOf(record: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(record['post'] as object);
}

const machines = new Map<string, Evm>();

/** Machines are kept: a record's rules are those of thousands of others. */
function machineFor(rules: Rules): Evm {
  const blobs = rules.blobSchedule;
  const key = `${rules.fork}/${blobs?.target}/${blobs?.max}/${blobs?.updateFraction}`;
  let machine = machines.get(key);
  if (machine === undefined) machines.set(key, (machine = createEvm(rules)));
  return machine;
}

/** Runs every case of a state test: one for each network and variant of its transaction. */
export function runStateRecord(record: StateRecord, cases: CaseSink): void {
  const world = createWorld(record.pre);
  for (const [network, posts] of Object.entries(record.post)) {
    for (const post of posts) {
      const { data, gas, value } = post.indexes;
      const name = `${record.src ?? ''} ${record.name} [${network} d${data} g${gas} v${value}]`.trim();
      cases.check(name, () => runCase(record, world, network, post));
    }
  }
}

/**
 * ethereum/tests were filled in blocks whose miner gets a reward of 0, also for a refused
 * transaction; execution-spec-tests, which say their configuration, without any reward.
 */
function rewardedIn(record: StateRecord, block: BlockEnvironment): Hex | undefined {
  return record.config === undefined ? block.coinbase : undefined;
}

/** What is wrong with a case, or `undefined`. */
function runCase(record: StateRecord, world: World, network: string, post: RecordPost): string | undefined {
  const rules = rulesOf(record, network);
  if (rules === undefined) return `unknown network ${network}`;
  const block = environmentOf(record, rules);
  const transaction = transactionOf(record, post.indexes, block.chainId);
  const outcome: TransactionOutcome | undefined =
    transaction && machineFor(rules).transact(transaction, block, world.view);

  const problems: string[] = [];
  const expected = post.expectException;
  if (outcome?.valid) {
    if (expected !== undefined) problems.push(`expected ${expected}, but the transaction is valid`);
  } else {
    const refusal = outcome?.reason ?? 'NOT_ENCODABLE';
    if (expected === undefined) problems.push(`refused: ${refusal}`);
    else if (!isExpected(expected, refusal)) problems.push(`expected ${expected}, refused: ${refusal}`);
  }
  const executed = outcome?.valid ? outcome : undefined;
  const root = world.rootAfter(executed?.changes, rules.fork, rewardedIn(record, block));
  if (root !== post.hash) problems.push(`state root ${root}, expected ${post.hash}`);
  const logs = logsHash(executed?.logs ?? []);
  if (logs !== post.logs) problems.push(`logs hash ${logs}, expected ${post.logs}`);
  if (post.gasUsed !== undefined && executed !== undefined && executed.gasUsed !== BigInt(post.gasUsed)) {
    problems.push(`gas used ${executed.gasUsed}, expected ${BigInt(post.gasUsed)}`);
  }
  if (problems.length === 0) return undefined;
  if (executed !== undefined) problems.push(`${executed.status} ${executed.halt ?? ''} ${executed.gasUsed}`);
  return problems.join('\n');
}
