import { type Bytes, hexToBytes, isHex, isNinefoldError } from '@ninefold/base';
import {
  type Block,
  type BlockHeader,
  blockHashOf,
  blockWitnessRoot,
  decodeBlock,
  decodeBlockHeader,
  encodeBlock,
  encodeTransaction,
  hashToHex,
  MAX_BLOCK_SIGOPS_COST,
  MAX_BLOCK_WEIGHT,
  type Transaction,
  witnessCommitment,
  witnessCommitmentScript,
} from '@ninefold/vm-bitcoin-script';
import { checkHeader } from '../ledger/check-block.ts';
import { blockSubsidy } from '../spec/params.ts';
import type { Api } from './api.ts';
import {
  invalidParameter,
  notFound,
  RPC_MISC_ERROR,
  RPC_VERIFY_ERROR,
  rpcFailure,
  typeError,
  undecodable,
} from './errors.ts';
import { difficultyOf, formatBits, formatTarget, hex, type Json } from './format.ts';
import { may, methodsOf, need, type RpcMethods } from './method.ts';
import { readAddress } from './outputs.ts';
import { parseTransaction } from './parse.ts';
import { readDescriptor } from './scan.ts';

const BLOCK_VERSION = 0x20000000;
const DEFAULT_MAX_TRIES = 1_000_000;
/** What nanoseconds of 64 bits can tell. */
const MAX_MOCK_TIME = 9_223_372_036;
/** More at once would keep a client waiting too long. */
const MAX_BLOCKS_AT_ONCE = 100_000;

/** Methods that make blocks, and move the clock. */
export function miningMethods(api: Api): RpcMethods {
  const { node, format } = api;
  const { chain } = node;
  const countOf = (value: number): number => {
    if (value > MAX_BLOCKS_AT_ONCE) throw invalidParameter('Invalid number of blocks');
    return Math.max(0, value);
  };
  /** The script of an address or a descriptor. */
  const outputScript = (text: string): Bytes => {
    if (/[(#]/.test(text)) return descriptorScript(api, text);
    try {
      return readAddress(text, format);
    } catch {
      throw notFound('Error: Invalid address or descriptor');
    }
  };

  return methodsOf('Mining', {
    generatetoaddress: [
      'Mines blocks whose rewards go to an address.',
      [need('nblocks', 'number'), need('address', 'string'), may('maxtries', 'number')],
      (args) => {
        let script: Bytes;
        try {
          script = readAddress(args.string('address'), format);
        } catch {
          throw notFound('Error: Invalid address');
        }
        args.longInteger('maxtries', DEFAULT_MAX_TRIES);
        return node.generate(countOf(args.integer('nblocks')), script);
      },
    ],
    generatetodescriptor: [
      'Mines blocks whose rewards go to a descriptor.',
      [need('num_blocks', 'number'), need('descriptor', 'string'), may('maxtries', 'number')],
      (args) =>
        node.generate(countOf(args.integer('num_blocks')), descriptorScript(api, args.string('descriptor'))),
    ],
    generateblock: [
      'Mines a block with exactly these transactions: ids of the mempool, or hex.',
      [need('output', 'string'), need('transactions', 'array'), may('submit', 'bool')],
      (args) => {
        const script = outputScript(args.string('output'));
        const txs = args.array('transactions').map((one) => namedTransaction(api, String(one)));
        const block = node.makeBlock(script, txs);
        const fault = chain.testNext(block);
        if (fault !== undefined) {
          throw rpcFailure(RPC_VERIFY_ERROR, `TestBlockValidity failed: ${fault}`);
        }
        const hash = hashToHex(blockHashOf(block.header));
        if (!args.bool('submit', true)) return { hash, hex: hex(encodeBlock(block)) };
        if (node.submitMined(block) !== undefined) throw rpcFailure(RPC_MISC_ERROR, 'Failed to make block.');
        return { hash };
      },
    ],
    getblocktemplate: [
      'Returns what a miner needs to make the next block.',
      [may('template_request', 'object')],
      (args) => blockTemplate(api, args.object('template_request')),
    ],
    submitblock: [
      'Takes a block. Answers null, or the reason why it is not the new tip.',
      [need('hexdata', 'string'), may('dummy', 'string')],
      (args) => {
        const block = readBlock(args.string('hexdata'));
        return node.submitBlock(block) ?? null;
      },
    ],
    submitheader: [
      'Checks a header, which has to follow a block that is known.',
      [need('hexdata', 'string')],
      (args) => {
        const header = readHeader(args.string('hexdata'));
        const previous = hashToHex(header.previousHash);
        const parent = chain.entry(previous);
        if (parent === undefined) {
          throw rpcFailure(RPC_VERIFY_ERROR, `Must submit previous header (${previous}) first`);
        }
        const context = { height: parent.height + 1, medianTime: parent.medianTime };
        const fault = checkHeader(header, context, chain.params, node.now());
        if (fault !== undefined) throw rpcFailure(RPC_VERIFY_ERROR, fault);
        return null;
      },
    ],
    getmininginfo: [
      'Returns figures about mining.',
      [],
      () => {
        const { bits } = chain.tip.block.header;
        const target = { bits: formatBits(bits), difficulty: difficultyOf(bits), target: formatTarget(bits) };
        return {
          blocks: chain.tip.height,
          ...target,
          networkhashps: hashesPerSecond(api, 120, -1),
          pooledtx: node.pool.size,
          chain: chain.params.name,
          next: { height: chain.tip.height + 1, ...target },
          warnings: [],
        };
      },
    ],
    getnetworkhashps: [
      'Estimates how many hashes a second are tried.',
      [may('nblocks', 'number'), may('height', 'number')],
      (args) => hashesPerSecond(api, args.integer('nblocks', 120), args.integer('height', -1)),
    ],
    setmocktime: [
      'Stops the clock at a time, or lets it run again with 0.',
      [need('timestamp', 'number')],
      (args) => {
        const time = args.longInteger('timestamp');
        if (time < 0 || time > MAX_MOCK_TIME)
          throw invalidParameter(`Mocktime must be in the range [0, ${MAX_MOCK_TIME}], not ${time}.`);
        node.setMockTime(time);
        return null;
      },
    ],
    mockscheduler: [
      'Moves what waits for time, by seconds.',
      [need('delta_time', 'number')],
      (args) => {
        const delta = args.longInteger('delta_time');
        if (delta <= 0 || delta > 3600)
          throw invalidParameter('delta_time must be between 1 and 3600 seconds (1 hr)');
        // Nothing here is left for later: what is due was done with the call before.
        return null;
      },
    ],
  });
}

function descriptorScript(api: Api, text: string): Bytes {
  const descriptor = readDescriptor(text, api);
  if (descriptor.isRange) {
    throw invalidParameter('Ranged descriptor not accepted. Maybe pass through deriveaddresses first?');
  }
  const outputs = descriptor.outputs(0);
  // Of a combo, the witness program where there is one.
  return (outputs[2] ?? outputs[0] ?? { scriptPubKey: new Uint8Array(0) }).scriptPubKey;
}

function namedTransaction({ node }: Api, text: string): Transaction {
  if (/^[\da-f]{64}$/i.test(text)) {
    const entry = node.pool.get(text.toLowerCase());
    if (entry === undefined) throw notFound(`Transaction ${text} not in mempool.`);
    return entry.tx;
  }
  return parseTransaction(text, {
    fault: `Transaction decode failed for ${text}. Make sure the tx has at least one input.`,
  });
}

function readBlock(text: string): Block {
  return decoded(text, decodeBlock, 'Block decode failed');
}

function readHeader(text: string): BlockHeader {
  return decoded(text, decodeBlockHeader, 'Block header decode failed');
}

function decoded<Value>(text: string, decode: (bytes: Bytes) => Value, message: string): Value {
  if (!isHex(`0x${text}`)) throw undecodable(message);
  try {
    return decode(hexToBytes(`0x${text}`));
  } catch (error) {
    if (isNinefoldError(error)) throw undecodable(message);
    throw error;
  }
}

/** Work of some blocks over the time they took. */
function hashesPerSecond({ node: { chain } }: Api, blocks: number, height: number): number {
  if (blocks < -1 || blocks === 0)
    throw invalidParameter('Invalid nblocks. Must be a positive number or -1.');
  if (height < -1 || height > chain.tip.height)
    throw invalidParameter('Block does not exist at specified height');
  const end = height < 0 ? chain.tip : (chain.at(height) ?? chain.tip);
  // -1 asks for the blocks since the difficulty changed last, of which there are up to 2016.
  const count = Math.min(blocks === -1 ? (end.height % 2016) + 1 : blocks, end.height);
  if (count === 0) return 0;
  const times: number[] = [];
  for (let i = 0; i <= count; i++) times.push(chain.at(end.height - i)?.block.header.time ?? 0);
  const span = Math.max(...times) - Math.min(...times);
  const work = end.chainWork - (chain.at(end.height - count)?.chainWork ?? 0n);
  return span === 0 ? 0 : Number(work) / span;
}

function blockTemplate(api: Api, request: Json): unknown {
  const { node } = api;
  const { chain } = node;
  const { mode = 'template', rules, data } = request;
  if (mode === 'proposal') return proposal(api, data);
  if (mode !== 'template') throw invalidParameter('Invalid mode');
  if (!Array.isArray(rules) || !rules.includes('segwit')) {
    throw invalidParameter(
      'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
    );
  }
  const entries = node.template();
  const places = new Map(entries.map((entry, i) => [entry, i + 1]));
  const fees = entries.reduce((sum, { fee }) => sum + fee, 0n);
  const { tip, params } = chain;
  const placeholder = { version: 2, inputs: [], outputs: [], locktime: 0 };
  const root = blockWitnessRoot({
    header: tip.block.header,
    transactions: [placeholder, ...entries.map(({ tx }) => tx)],
  });
  const bits = params.powLimitBits;
  return {
    capabilities: ['proposal'],
    version: BLOCK_VERSION,
    rules: ['csv', '!segwit', 'taproot'],
    vbavailable: {},
    vbrequired: 0,
    previousblockhash: tip.hash,
    transactions: entries.map((entry) => ({
      data: hex(encodeTransaction(entry.tx)),
      txid: entry.id,
      hash: entry.wtxid,
      depends: [...entry.parents].map((parent) => places.get(parent)).filter((place) => place !== undefined),
      fee: entry.fee,
      sigops: entry.sigopCost,
      weight: entry.weight,
    })),
    coinbaseaux: {},
    coinbasevalue: blockSubsidy(tip.height + 1, params) + fees,
    longpollid: `${tip.hash}${node.pool.sequence}`,
    target: formatTarget(bits),
    mintime: tip.medianTime + 1,
    mutable: ['time', 'transactions', 'prevblock'],
    noncerange: '00000000ffffffff',
    sigoplimit: MAX_BLOCK_SIGOPS_COST,
    sizelimit: MAX_BLOCK_WEIGHT,
    weightlimit: MAX_BLOCK_WEIGHT,
    curtime: Math.max(node.now(), tip.medianTime + 1),
    bits: formatBits(bits),
    height: tip.height + 1,
    default_witness_commitment: hex(witnessCommitmentScript(witnessCommitment(root, new Uint8Array(32)))),
  };
}

/** BIP 23: whether a block would be the next, its work not counted. */
function proposal({ node: { chain } }: Api, data: unknown): string | null {
  if (typeof data !== 'string') throw typeError('Missing data String key for proposal');
  const block = readBlock(data);
  const known = chain.entry(hashToHex(blockHashOf(block.header)));
  if (known !== undefined)
    return chain.invalidReason(known) === undefined ? 'duplicate' : 'duplicate-invalid';
  if (hashToHex(block.header.previousHash) !== chain.tip.hash) return 'inconclusive-not-best-prevblk';
  return chain.testNext(block) ?? null;
}
