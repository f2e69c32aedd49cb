import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { Call, CallTree, Change, EntityRef, EventItem, Json, TxDetail } from '@ninefold/studio-api';
import type { AccountChange, ProgramDebug, RecordedFrame } from '@ninefold/vm-evm';
import { partValue, SlotNames } from '@ninefold/vm-evm';
import { EMPTY_CODE_HASH } from '../ledger/account.ts';
import type { Names } from './names.ts';
import type { Replay } from './replay.ts';
import { ETHER } from './views.ts';

/** Calls of one transaction that are told one by one. */
export const MAX_CALLS = 100_000;

/** The program of a frame: of a creation its initcode. */
export function debugOfFrame(
  names: Names,
  replay: Replay,
  { kind, to, input }: RecordedFrame,
): ProgramDebug | undefined {
  if (kind === 'CREATE' || kind === 'CREATE2') return names.debugOf(input, true, replay.fork);
  return names.debugOf(codeBefore(replay, names, to), false, replay.fork);
}

/** The code that ran at an address: what it had before, else what the transaction gave it. */
function codeBefore({ before, outcome }: Replay, names: Names, address: Hex): Bytes {
  const hash = before.account(address)?.codeHash ?? outcome.changes.accounts.get(address)?.account?.codeHash;
  return hash === undefined || hash === EMPTY_CODE_HASH ? names.codeOf(address) : before.code(hash);
}

/** The tree of calls and all events, decoded as far as the programs are known. */
export function callTree(names: Names, replay: Replay): CallTree {
  const { run } = replay;
  const frames = run.frames.slice(0, MAX_CALLS);
  const children = new Array<bigint>(frames.length).fill(0n);
  const events = new Array<number>(frames.length).fill(0);
  for (const { gasUsed, parent } of frames)
    if (parent >= 0) children[parent] = (children[parent] as bigint) + gasUsed;
  for (const { frame } of run.logs) if (frame < frames.length) events[frame] = (events[frame] as number) + 1;
  const debugs = frames.map((frame) => debugOfFrame(names, replay, frame));
  return {
    calls: frames.map((frame, i) =>
      callOf(names, frame, i, debugs[i], children[i] as bigint, events[i] as number),
    ),
    events: run.logs
      .filter(({ frame }) => frame < frames.length && happened(frames, frame))
      .map(({ log, step, frame }): EventItem => {
        const decoded = names.event(names.debugOfAddress(log.address) ?? debugs[frame], log);
        return {
          call: frame,
          step,
          emitter: names.ref(log.address),
          ...(decoded !== undefined && { name: decoded.name, fields: decoded.fields }),
          topics: log.topics,
          data: bytesToHex(log.data),
        };
      }),
  };
}

/** Whether nothing above a frame, nor itself, was undone. */
function happened(frames: readonly RecordedFrame[], index: number): boolean {
  for (let i = index; i >= 0; i = (frames[i] as RecordedFrame).parent) {
    if (frames[i]?.status !== 'success') return false;
  }
  return true;
}

function callOf(
  names: Names,
  frame: RecordedFrame,
  i: number,
  debug: ProgramDebug | undefined,
  ofChildren: bigint,
  events: number,
): Call {
  const { kind, to, value, input, output, status, halt, parent, depth, gasUsed, s0, s1, writes } = frame;
  const creates = kind === 'CREATE' || kind === 'CREATE2';
  const decoded = creates ? names.creation(debug, input) : names.call(debug, input);
  const selector = !creates && input.length >= 4 ? bytesToHex(input.subarray(0, 4)) : undefined;
  const ret = status === 'success' && !creates ? names.returned(debug, input, output) : undefined;
  const fn = decoded?.name ?? selector;
  const program: EntityRef = names.ref(to);
  const name = program.name ?? debug?.artifact.name;
  return {
    i,
    parent,
    depth,
    kind,
    program: name === undefined ? program : { ...program, name },
    ...(fn !== undefined && { fn }),
    ...(decoded !== undefined && { args: decoded.fields }),
    ...(ret !== undefined && { ret }),
    ...(value > 0n && { value: value.toString() }),
    costOwn: (gasUsed > ofChildren ? gasUsed - ofChildren : 0n).toString(),
    costTotal: gasUsed.toString(),
    status: status === 'success' ? 'ok' : 'failed',
    ...(status !== 'success' && { error: names.failure(debug, status, halt, output) }),
    s0,
    s1,
    events,
    writes,
  };
}

/** What a transaction changed, account by account. */
export function changesOf(names: Names, replay: Replay): readonly Change[] {
  const { outcome, run } = replay;
  return [...outcome.changes.accounts].flatMap(([address, change]) =>
    accountChanges(names, replay, run, address, change),
  );
}

function accountChanges(
  names: Names,
  replay: Replay,
  run: Replay['run'],
  address: Hex,
  change: AccountChange,
): readonly Change[] {
  const { before, outcome } = replay;
  const entity = names.ref(address);
  const was = before.account(address);
  const now = change.account;
  const changes: Change[] = [];
  const add = (what: Change['what'], key: string, from: Json, to: Json): void => {
    if (from !== to) changes.push({ entity, what, key, before: from, after: to });
  };
  add('balance', 'balance', (was?.balance ?? 0n).toString(), (now?.balance ?? 0n).toString());
  add('nonce', 'nonce', Number(was?.nonce ?? 0n), Number(now?.nonce ?? 0n));
  const codeLength = (hash: Hex | undefined): number =>
    hash === undefined || hash === EMPTY_CODE_HASH
      ? 0
      : (outcome.changes.codes.get(hash) ?? before.code(hash)).length;
  if (was?.codeHash !== now?.codeHash)
    add('code', 'code', codeLength(was?.codeHash), codeLength(now?.codeHash));
  const layout = names.debugOfAddress(address)?.artifact.layout;
  const slots = layout && new SlotNames(layout, run.preimages);
  for (const [slot, after] of change.storage) {
    const raw = before.storage(address, slot);
    if (raw === after) continue;
    const written = run.writes.get(`${address}/${slot}`);
    const steps = written && { firstStep: written.first, lastStep: written.last };
    const parts = slots?.parts(slot) ?? [];
    if (parts.length === 0) {
      changes.push({
        entity,
        what: 'slot',
        key: slot,
        before: raw,
        after,
        rawBefore: raw,
        rawAfter: after,
        ...steps,
      });
    }
    for (const part of parts) {
      const [from, to] = [partValue(part, raw), partValue(part, after)];
      if (from === to) continue;
      const what = part.label.includes('[') ? 'mapping' : 'field';
      changes.push({
        entity,
        what,
        key: slot,
        label: part.label,
        before: from,
        after: to,
        rawBefore: raw,
        rawAfter: after,
        ...steps,
      });
    }
  }
  return changes;
}

/** Who owns how much more or less ether, fees included. */
export function movedOf(names: Names, { before, outcome }: Replay): TxDetail['moved'] {
  return [...outcome.changes.accounts].flatMap(([address, { account }]) => {
    const amount = (account?.balance ?? 0n) - (before.account(address)?.balance ?? 0n);
    return amount === 0n ? [] : [{ entity: names.ref(address), asset: ETHER, amount: amount.toString() }];
  });
}
