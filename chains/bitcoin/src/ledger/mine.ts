import { type Bytes, concatBytes } from '@ninefold/base';
import {
  type Block,
  blockHashOf,
  blockMerkleRoot,
  blockWitnessRoot,
  NULL_VOUT,
  pushNumber,
  type Transaction,
  type TxOutput,
  witnessCommitment,
  witnessCommitmentScript,
} from '@ninefold/vm-bitcoin-script';
import { blockSubsidy } from '../spec/params.ts';
import type { BitcoinChain } from './chain.ts';
import { meetsTarget } from './work.ts';

const ZERO_HASH: Bytes = new Uint8Array(32);
/** Version of blocks since BIP 9, no soft fork signalled. */
const BLOCK_VERSION = 0x20000000;
const MAX_NONCE = 0xffffffff;

/** What a block is made of. */
export type BlockPlan = {
  /** Where the subsidy and the fees go. */
  readonly scriptPubKey: Bytes;
  readonly transactions?: readonly Transaction[] | undefined;
  /** In satoshi; what the transactions pay. */
  readonly fees?: bigint | undefined;
  /** Seconds since 1970. */
  readonly time: number;
  /** Put behind the height in the coinbase: makes blocks of equal contents different. */
  readonly extra?: Bytes | undefined;
};

/**
 * Makes the block that comes next, its nonce found by trying: on regtest two tries on average.
 *
 * @returns undefined when no nonce fits
 */
export function mineBlock(chain: BitcoinChain, plan: BlockPlan): Block | undefined {
  const { tip, params } = chain;
  const { transactions = [], fees = 0n, extra = Uint8Array.of(0) } = plan;
  const height = tip.height + 1;
  const outputs: TxOutput[] = [
    { value: blockSubsidy(height, params) + fees, scriptPubKey: plan.scriptPubKey },
  ];
  const coinbaseWith = (outs: readonly TxOutput[], witness: readonly Bytes[]): Transaction => ({
    version: 2,
    inputs: [
      {
        prevout: { txid: ZERO_HASH, vout: NULL_VOUT },
        scriptSig: concatBytes(pushNumber(height), extra),
        sequence: 0xffffffff,
        witness,
      },
    ],
    outputs: outs,
    locktime: 0,
  });
  const header = {
    version: BLOCK_VERSION,
    previousHash: blockHashOf(tip.block.header),
    merkleRoot: ZERO_HASH,
    time: Math.max(plan.time, tip.medianTime + 1),
    bits: params.powLimitBits,
    nonce: 0,
  };
  let coinbase = coinbaseWith(outputs, []);
  if (height >= params.segwitHeight) {
    const root = blockWitnessRoot({ header, transactions: [coinbase, ...transactions] });
    const scriptPubKey = witnessCommitmentScript(witnessCommitment(root, ZERO_HASH));
    coinbase = coinbaseWith([...outputs, { value: 0n, scriptPubKey }], [ZERO_HASH]);
  }
  const block = { header, transactions: [coinbase, ...transactions] };
  return solve({ ...block, header: { ...header, merkleRoot: blockMerkleRoot(block).root } });
}

function solve({ header, transactions }: Block): Block | undefined {
  for (let nonce = 0; nonce <= MAX_NONCE; nonce++) {
    const tried = { ...header, nonce };
    if (meetsTarget(blockHashOf(tried), header.bits, header.bits)) return { header: tried, transactions };
  }
  return undefined;
}
