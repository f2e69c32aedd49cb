import { hexToBytes, isNinefoldError } from '@ninefold/base';
import type { Hex, NinefoldError } from '@ninefold/base';
import type { Chain, Genesis, GenesisAccount, SignedTransaction } from '@ninefold/chain-ethereum';
import { createChain, decodeBlock, headerHash, toVmTransaction } from '@ninefold/chain-ethereum';
import type { Suite } from '../suite.ts';
import { isExpectedError } from './block-exceptions.ts';
import type { RecordConfig } from './chain-networks.ts';
import { configOfNetwork } from './chain-networks.ts';
import type { RecordAccount } from './state-record.ts';
import { toBigint, toWord } from './state-record.ts';

/** A block to import; old files name the expected exception by network. */
type RecordBlock = Readonly<Record<string, unknown>> & {
  readonly rlp: Hex;
  readonly invalid?: boolean | undefined;
};

/** A blockchain test as published (ethereum/tests `BlockchainTests`, execution-spec-tests). */
type BlockchainRecord = {
  readonly src?: string | undefined;
  readonly name: string;
  readonly network: string;
  readonly sealEngine?: string | undefined;
  readonly config?: RecordConfig | undefined;
  readonly genesisRLP: Hex;
  readonly pre: Readonly<Record<string, RecordAccount>>;
  readonly blocks: readonly RecordBlock[];
  readonly lastblockhash: Hex;
};

function accountsOf(pre: BlockchainRecord['pre']): ReadonlyMap<Hex, GenesisAccount> {
  return new Map(
    Object.entries(pre).map(([address, { balance, nonce, code, storage }]) => [
      address.toLowerCase() as Hex,
      {
        balance: toBigint(balance),
        nonce: toBigint(nonce),
        code: hexToBytes(code),
        storage: new Map(Object.entries(storage).map(([slot, value]) => [toWord(slot), toWord(value)])),
      },
    ]),
  );
}

/** The chain before the first block of the test. */
function open(record: BlockchainRecord): Chain {
  const { header } = decodeBlock(hexToBytes(record.genesisRLP));
  const config = configOfNetwork(record.network, record.config);
  const genesis: Genesis = { ...header, config, accounts: accountsOf(record.pre) };
  return createChain({ genesis });
}

function expectationOf(record: BlockchainRecord, block: RecordBlock): string | undefined {
  const names = [`expectException${record.network}`, 'expectExceptionALL', 'expectException'];
  return names.map((name) => block[name]).find((value) => typeof value === 'string') as string | undefined;
}

/** Imports one block; says what is wrong about it. */
function importOne(chain: Chain, record: BlockchainRecord, block: RecordBlock): string | undefined {
  const head = chain.head().hash;
  const expectation = expectationOf(record, block);
  try {
    chain.importBlock(hexToBytes(block.rlp));
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    if (block.invalid !== true) return `${error.code}: ${error.message}`;
    if (chain.head().hash !== head) return `an invalid block moved the head: ${error.code}`;
    if (expectation === undefined || isExpectedError(expectation, error)) return undefined;
    if (expectation.includes('INSUFFICIENT_MAX_FEE_PER_GAS') && hasFeeBelowBase(block, error))
      return undefined;
    return `refused as ${error.code} (${error.message}), expected ${expectation}`;
  }
  return block.invalid === true ? `accepted, expected ${expectation ?? 'a refusal'}` : undefined;
}

/** Several things can be wrong with a transaction at once: whether its fee is, too. */
function hasFeeBelowBase(block: RecordBlock, error: NinefoldError): boolean {
  if (error.code !== 'BLOCK_INVALID_TRANSACTION') return false;
  const { index } = error.context as { readonly index: number };
  const { header, transactions } = decodeBlock(hexToBytes(block.rlp));
  const { maxFeePerGas } = toVmTransaction(transactions[index] as SignedTransaction, header.beneficiary);
  return header.baseFeePerGas !== undefined && maxFeePerGas < header.baseFeePerGas;
}

/** Runs one test; `undefined` when it passes. */
function check(record: BlockchainRecord): string | undefined {
  const chain = open(record);
  const expected = headerHash(decodeBlock(hexToBytes(record.genesisRLP)).header);
  if (chain.genesis().hash !== expected) return `genesis is ${chain.genesis().hash}, expected ${expected}`;
  for (const [index, block] of record.blocks.entries()) {
    const problem = importOne(chain, record, block);
    if (problem !== undefined) return `block ${index}: ${problem}`;
  }
  const { hash } = chain.head();
  return hash === record.lastblockhash ? undefined : `head is ${hash}, expected ${record.lastblockhash}`;
}

/** Blockchain tests: blocks are imported over a genesis; the head, and each refusal, is compared. */
export const blockchainSuite: Suite = {
  kind: 'records',
  accepts: (record) => 'genesisRLP' in record && 'lastblockhash' in record,
  run: (record, cases) => {
    const test = record as unknown as BlockchainRecord;
    cases.check(`${test.src ?? ''} ${test.name}`, () => check(test));
  },
};
