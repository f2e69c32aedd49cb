import type { Hex } from '@ninefold/base';
import { bytesToHex, utf8ToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import { invalid } from '@ninefold/studio-api';
import type { Artifact } from '@ninefold/vm-evm';
import type { EthereumNode } from '../node.ts';
import { findTransaction } from '../api/lookup.ts';
import { createdAddress } from '../api/created-address.ts';
import { senderOf } from '../tx/signature.ts';

type Send = (transaction: {
  readonly from: Hex;
  readonly to?: Hex;
  readonly data: Hex;
  readonly gas?: Hex;
}) => Promise<Hex>;

const word = (value: bigint | number): string => BigInt(value).toString(16).padStart(64, '0');
const selector = (signature: string): string => bytesToHex(keccak256(utf8ToBytes(signature))).slice(0, 10);

/** Enough that no gas is estimated, which would refuse the transaction that is meant to fail. */
const SAMPLE_GAS: Hex = '0x2dc6c0';

/**
 * Deploys the sample, trades a little and ends with a settlement that fails for a bug in the source.
 *
 * @returns the failing transaction
 */
export async function runSample(
  node: EthereumNode,
  artifacts: readonly Artifact[],
  send: Send,
): Promise<Hex> {
  const from = node.accounts.own()[0]?.address;
  const maker = node.accounts.own()[1]?.address ?? from;
  if (from === undefined || maker === undefined)
    throw invalid('Sample', 'the node holds no account to send from');
  const creation = (name: string): string => {
    const bytes = artifacts.find((each) => each.name === name)?.creation?.bytes ?? [];
    return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  };
  const deployed = (data: string): Promise<Hex> => deploy(node, send, from, data as Hex);
  const call = (from: Hex, to: Hex, signature: string, args: string): Promise<Hex> =>
    send({ from, to, data: `${selector(signature)}${args}` as Hex, gas: SAMPLE_GAS });

  const oracle = await deployed(creation('Oracle'));
  const book = await deployed(`${creation('OrderBook')}${word(BigInt(oracle))}`);
  await call(from, oracle, 'setPrice(uint256,uint256)', word(7) + word(1_000));
  await call(maker, book, 'place(uint256,uint256,uint256)', word(41) + word(7) + word(1_010));
  await call(from, book, 'place(uint256,uint256,uint256)', word(42) + word(7) + word(1_005));
  const fills = (amounts: readonly (readonly [number, number])[], price: number): string =>
    word(0x40) +
    word(price) +
    word(amounts.length) +
    amounts.map(([id, amount]) => word(id) + word(amount)).join('');
  await call(
    from,
    book,
    'settle((uint256,uint256)[],uint256)',
    fills(
      [
        [41, 250_000],
        [42, 90_000],
      ],
      1_001,
    ),
  );
  const last = await call(
    from,
    book,
    'settleExactly((uint256,uint256)[],uint256)',
    fills(
      [
        [41, 125_000],
        [42, 64_000],
        [41, 31_000],
      ],
      1_002,
    ),
  );
  if (findTransaction(node, last) === undefined) node.miner.mine();
  return last;
}

async function deploy(node: EthereumNode, send: Send, from: Hex, data: Hex): Promise<Hex> {
  const hash = await send({ from, data, gas: SAMPLE_GAS });
  if (findTransaction(node, hash) === undefined) node.miner.mine();
  const placed = findTransaction(node, hash);
  if (placed === undefined) throw invalid('Sample', 'the deployment was not mined');
  return createdAddress(senderOf(placed.transaction, true), placed.transaction.nonce);
}

/** Init code of the README's ten lines: deploys a contract that answers 42. */
const ANSWER_CODE: Hex = '0x600a600c600039600a6000f3602a60005260206000f3';

/**
 * The first example of the README, with its call sent as a transaction.
 *
 * @returns the call
 */
export async function runReadmeExample(node: EthereumNode, send: Send): Promise<Hex> {
  const from = node.accounts.own()[0]?.address;
  if (from === undefined) throw invalid('Sample', 'the node holds no account to send from');
  const to = await deploy(node, send, from, ANSWER_CODE);
  const hash = await send({ from, to, data: '0x', gas: SAMPLE_GAS });
  if (findTransaction(node, hash) === undefined) node.miner.mine();
  return hash;
}
