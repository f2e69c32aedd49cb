import type { Bytes } from '@ninefold/base';
import { addressBytes, PROGRAM, type VoteState } from '@ninefold/vm-svm';
import type { FrozenBank } from '../bank/bank.ts';
import { MAX_LOCKOUT_HISTORY } from '../spec/slots.ts';
import { encodeMessage, type Message } from '../tx/message.ts';
import { createTransaction, type Transaction } from '../tx/transaction.ts';
import { createWriter, type Writer } from '../tx/writer.ts';
import type { Validator } from './validator.ts';

/** A vote that is not rooted yet, and how deep it is. */
type Lockout = { readonly slot: bigint; readonly confirmations: number };

/** A validator's votes, oldest first, and the last slot that none of them can take back any more. */
export type Tower = { readonly votes: readonly Lockout[]; readonly root: bigint | undefined };

const VOTE_PROGRAM: Bytes = addressBytes(PROGRAM.vote);
const TOWER_SYNC = 14;
const NO_ROOT = 2n ** 64n - 1n;

/** The tower with a vote for `slot`: votes that have expired go, those with enough on them deepen. */
export function withVote(tower: Tower, slot: bigint): Tower {
  const votes = [...tower.votes];
  for (let last = votes.at(-1); last !== undefined; last = votes.at(-1)) {
    if (last.slot + 2n ** BigInt(last.confirmations) >= slot) break;
    votes.pop();
  }
  const root = votes.length === MAX_LOCKOUT_HISTORY ? votes.shift()?.slot : tower.root;
  votes.push({ slot, confirmations: 1 });
  const deepened = votes.map((vote, i) =>
    votes.length > i + vote.confirmations ? { ...vote, confirmations: vote.confirmations + 1 } : vote,
  );
  return { votes: deepened, root };
}

/** LEB128. */
function varint(writer: Writer, value: bigint): void {
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) writer.u8(Number(rest & 0x7fn) | 0x80);
  writer.u8(Number(rest));
}

/** The instruction that tells the whole tower, slots as distances from the root on. */
function towerSync({ votes, root }: Tower, hash: Bytes, timestamp: bigint): Bytes {
  const writer = createWriter();
  writer.u32(TOWER_SYNC);
  writer.u64(root ?? NO_ROOT);
  writer.compact(votes.length);
  let before = root ?? 0n;
  for (const { slot, confirmations } of votes) {
    varint(writer, slot - before);
    writer.u8(confirmations);
    before = slot;
  }
  writer.bytes(hash);
  writer.u8(1);
  writer.u64(timestamp);
  // The id of the block is for the network, which a development chain has none of.
  writer.bytes(new Uint8Array(32));
  return writer.finish();
}

/**
 * The validator's vote for the newest slot that has ended.
 *
 * @param state of its vote account
 */
export function voteTransaction(
  { identity, voteAccount }: Validator,
  state: Pick<VoteState, 'votes' | 'root'>,
  head: FrozenBank,
): Transaction {
  const tower = withVote({ votes: state.votes, root: state.root }, BigInt(head.slot));
  const message: Message = {
    version: 'legacy',
    header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 1 },
    keys: [identity.address, voteAccount, VOTE_PROGRAM],
    blockhash: head.blockhash,
    instructions: [
      {
        program: 2,
        accounts: Uint8Array.of(1, 0),
        data: towerSync(tower, head.hash, head.clock.unixTimestamp),
      },
    ],
  };
  return createTransaction(message, [identity.sign(encodeMessage(message))]);
}
