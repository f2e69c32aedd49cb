import { type Bytes, concatBytes, EMPTY_BYTES, hexToBytes, isHex } from '@ninefold/base';
import { secp256k1, sha256 } from '@ninefold/crypto';
import {
  decodeScript,
  encodePush,
  encodeTransaction,
  hash160,
  hashToHex,
  isSuccessOpcode,
  MAX_SCRIPT_ELEMENT_SIZE,
  OP,
  SCRIPT_ERRORS,
  SIGHASH_ALL,
  SIGHASH_ANYONECANPAY,
  SIGHASH_NONE,
  SIGHASH_SINGLE,
  SignatureHasher,
  STANDARD_FLAGS,
  type Transaction,
  txidOf,
  type TxInput,
  type TxOutput,
  verifyInput,
} from '@ninefold/vm-bitcoin-script';
import { isUnspendable } from '../ledger/coins.ts';
import { inferDescriptor } from '../descriptor/infer.ts';
import { type AddressFormat, scriptToAddress } from '../tx/address.ts';
import { classifyScript } from '../tx/script-type.ts';
import { decodeWif, WIF_MAIN, WIF_TEST } from '../tx/wif.ts';
import { collectSignatures } from '../wallet/collect.ts';
import { KeyRing } from '../wallet/key-ring.ts';
import { noSignatures, signInput, signTransaction } from '../wallet/sign.ts';
import type { Api } from './api.ts';
import { verbosityOf } from './blockchain.ts';
import { invalidParameter, notFound, RPC_VERIFY_ERROR, rpcFailure, undecodable } from './errors.ts';
import { confirmationsOf, formatScript, formatTransaction, hex, type Json, spentCoins } from './format.ts';
import { type Arguments, may, methodsOf, need, type Param, type RpcMethods } from './method.ts';
import { readTransaction } from './outputs.ts';
import { parseAmountValue, parseHash, parseHex, parseTransaction, parseObject } from './parse.ts';

const NOT_FOUND = 'No such mempool or blockchain transaction. Use gettransaction for wallet transactions.';

/** Parameters that say what an unsigned transaction is. */
export const UNSIGNED_PARAMS: readonly Param[] = [
  need('inputs', 'array'),
  need('outputs', 'any'),
  may('locktime', 'number'),
  may('replaceable', 'bool'),
  may('version', 'number'),
];

/** The transaction of {@link UNSIGNED_PARAMS}. */
export function readUnsigned(args: Arguments, format: AddressFormat): Transaction {
  return readTransaction(
    args.array('inputs'),
    args.any('outputs'),
    args.longInteger('locktime', 0),
    args.any('replaceable') as boolean | undefined,
    format,
    args.longInteger('version', 2),
  );
}

/** Methods about transactions as bytes. */
export function rawTransactionMethods(api: Api): RpcMethods {
  const { format } = api;
  return methodsOf('Rawtransactions', {
    getrawtransaction: [
      'Returns a transaction: hex at verbosity 0, its parts at 1, with its fee and what it spends at 2.',
      [need('txid', 'string'), may('verbosity|verbose', 'any'), may('blockhash', 'string')],
      (args) =>
        getTransaction(
          api,
          parseHash(args.any('txid'), 'parameter 1'),
          verbosityOf(args.any('verbosity'), 0),
          args.any('blockhash'),
        ),
    ],
    createrawtransaction: [
      'Makes a transaction that is not signed.',
      UNSIGNED_PARAMS,
      (args) => hex(encodeTransaction(readUnsigned(args, format))),
    ],
    decoderawtransaction: [
      'Returns the parts of a transaction.',
      [need('hexstring', 'string'), may('iswitness', 'bool')],
      (args) => {
        const tx = parseTransaction(args.string('hexstring'), {
          witness: args.any('iswitness') as boolean | undefined,
        });
        return formatTransaction(tx, format, { hex: false });
      },
    ],
    decodescript: [
      'Returns the parts of a script, and the addresses of the scripts it can stand behind.',
      [need('hexstring', 'string')],
      (args) => decodeScriptText(api, args.string('hexstring')),
    ],
    combinerawtransaction: [
      'Makes one of transactions that are the same but for their signatures.',
      [need('txs', 'array')],
      (args) => combine(api, args.array('txs')),
    ],
    signrawtransactionwithkey: [
      'Signs a transaction with keys that are given.',
      [
        need('hexstring', 'string'),
        need('privkeys', 'array'),
        may('prevtxs', 'array'),
        may('sighashtype', 'string'),
      ],
      (args) => {
        const tx = parseTransaction(args.string('hexstring'), {
          fault: 'TX decode failed. Make sure the tx has at least one input.',
        });
        const ring = new KeyRing();
        for (const text of args.array('privkeys')) {
          const key = typeof text === 'string' ? decodeWif(text, wifPrefix(api)) : undefined;
          if (key === undefined) throw notFound('Invalid private key');
          ring.addPrivateKey(key.privateKey, key.compressed);
          // Its hash as a program may stand behind a script hash.
          if (key.compressed) ring.addScript(witnessProgramOfKey(key.privateKey));
        }
        const given = args.maybeArray('prevtxs') ?? [];
        return signRaw(api, tx, ring, given, readHashType(args.maybeString('sighashtype')));
      },
    ],
  });
}

function wifPrefix({ format }: Api): number {
  return format.hrp === 'bc' ? WIF_MAIN : WIF_TEST;
}

function witnessProgramOfKey(privateKey: Bytes): Bytes {
  const publicKey = secp256k1.compress(secp256k1.publicKey(privateKey));
  return concatBytes(Uint8Array.of(OP.OP_0), encodePush(hash160(publicKey)));
}

function getTransaction(api: Api, id: string, verbosity: number, blockhash: unknown): unknown {
  const { node, format } = api;
  const genesis = node.chain.at(0);
  if (genesis?.block.transactions[0] !== undefined && id === hashToHex(genesis.block.header.merkleRoot)) {
    throw notFound(
      'The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved',
    );
  }
  const block = blockhash === undefined ? undefined : node.chain.entry(parseHash(blockhash, 'parameter 3'));
  if (blockhash !== undefined && block === undefined) throw notFound('Block hash not found');
  const inBlock = block?.block.transactions.find((one) => hashToHex(txidOf(one)) === id);
  if (block !== undefined && inBlock === undefined) {
    throw notFound(
      'No such transaction found in the provided block. Use gettransaction for wallet transactions.',
    );
  }
  const found = node.find(id);
  const tx = inBlock ?? found?.tx;
  if (tx === undefined) throw notFound(NOT_FOUND);
  if (verbosity <= 0) return hex(encodeTransaction(tx));
  const entry = block ?? found?.place?.block;
  const index = entry?.block.transactions.findIndex((one) => hashToHex(txidOf(one)) === id) ?? -1;
  const coins =
    verbosity < 2 ? undefined : entry !== undefined ? spentCoins(node, entry)?.[index] : undefined;
  const { hex: bytes, ...shown } = formatTransaction(tx, format, { coins, prevouts: true });
  return {
    in_active_chain: block === undefined ? undefined : node.chain.isActive(block),
    ...shown,
    hex: bytes,
    ...(entry === undefined
      ? {}
      : {
          blockhash: entry.hash,
          confirmations: Math.max(0, confirmationsOf(node, entry)),
          time: entry.block.header.time,
          blocktime: entry.block.header.time,
        }),
  };
}

function decodeScriptText({ format }: Api, text: string): Json {
  if (!isHex(`0x${text}`)) throw invalidParameter(`argument must be hexadecimal string (not '${text}')`);
  const script = hexToBytes(`0x${text}`);
  const shown = formatScript(script, format, { hex: false });
  if (!canStandBehindHash(script)) return shown;
  const p2sh = scriptToAddress(behindScriptHash(script), format);
  const program = witnessProgramFor(script);
  if (program === undefined) return { ...shown, p2sh };
  return {
    ...shown,
    p2sh,
    segwit: {
      ...formatScript(program, format),
      desc: inferDescriptor(program, format, script),
      'p2sh-segwit': scriptToAddress(behindScriptHash(program), format),
    },
  };
}

const behindScriptHash = (script: Bytes): Bytes =>
  concatBytes(Uint8Array.of(OP.OP_HASH160), encodePush(hash160(script)), Uint8Array.of(OP.OP_EQUAL));

function canStandBehindHash(script: Bytes): boolean {
  const { type } = classifyScript(script);
  const wrappable = [
    'multisig',
    'nonstandard',
    'pubkey',
    'pubkeyhash',
    'witness_v0_keyhash',
    'witness_v0_scripthash',
  ];
  if (!wrappable.includes(type) || isUnspendable(script)) return false;
  const { instructions, cutOff } = decodeScript(script);
  return (
    cutOff === undefined &&
    instructions.every(
      ({ opcode, data }) =>
        opcode <= OP.OP_NOP10 && !isSuccessOpcode(opcode) && (data?.length ?? 0) <= MAX_SCRIPT_ELEMENT_SIZE,
    )
  );
}

/** The witness program a script can be put behind. */
function witnessProgramFor(script: Bytes): Bytes | undefined {
  const { type, parts } = classifyScript(script);
  const behind = (data: Bytes): Bytes => concatBytes(Uint8Array.of(OP.OP_0), encodePush(data));
  switch (type) {
    case 'pubkey':
      return parts[0]?.length === 33 ? behind(hash160(parts[0])) : undefined;
    case 'pubkeyhash':
      return behind(parts[0] as Bytes);
    case 'multisig':
      return parts.every(({ length }) => length === 33) ? behind(sha256(script)) : undefined;
    case 'nonstandard':
      return behind(sha256(script));
    default:
      return undefined;
  }
}

const HASH_TYPES: Readonly<Record<string, number>> = {
  DEFAULT: 0,
  ALL: SIGHASH_ALL,
  NONE: SIGHASH_NONE,
  SINGLE: SIGHASH_SINGLE,
  'ALL|ANYONECANPAY': SIGHASH_ALL | SIGHASH_ANYONECANPAY,
  'NONE|ANYONECANPAY': SIGHASH_NONE | SIGHASH_ANYONECANPAY,
  'SINGLE|ANYONECANPAY': SIGHASH_SINGLE | SIGHASH_ANYONECANPAY,
};

/** The hash type of a name; undefined without one. */
export function readHashType(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const type = HASH_TYPES[text];
  if (type === undefined) throw invalidParameter(`'${text}' is not a valid sighash parameter.`);
  return type;
}

/** The name of a hash type. */
export function hashTypeName(type: number): string {
  return Object.entries(HASH_TYPES).find(([, value]) => value === type)?.[0] ?? '';
}

/**
 * Signs with a ring: what is spent is looked up in the chain and mempool, besides what the caller
 * told.
 */
export function signRaw(
  api: Api,
  tx: Transaction,
  ring: KeyRing,
  given: readonly unknown[],
  hashType: number | undefined,
): Json {
  const told = readPrevouts(given, ring);
  const spent = tx.inputs.map(({ prevout }) => {
    const name = `${hashToHex(prevout.txid)}:${prevout.vout}`;
    return told.get(name) ?? findSpent(api, hashToHex(prevout.txid), prevout.vout);
  });
  const { tx: signed, unsolved } = signTransaction(tx, spent, { ring, hashType });
  const errors: Json[] = [];
  signed.inputs.forEach((input, i) => {
    const { prevout, scriptSig, witness, sequence } = input;
    const known = spent[i];
    const message =
      known === undefined
        ? 'Input not found or already spent'
        : inputFault(signed, spent, i, unsolved.includes(i));
    if (message === undefined) return;
    errors.push({
      txid: hashToHex(prevout.txid),
      vout: prevout.vout,
      witness: witness.map(hex),
      scriptSig: hex(scriptSig),
      sequence,
      error: message,
    });
  });
  return {
    hex: hex(encodeTransaction(signed)),
    complete: errors.length === 0,
    errors: errors.length === 0 ? undefined : errors,
  };
}

function inputFault(
  tx: Transaction,
  spent: readonly (TxOutput | undefined)[],
  index: number,
  isUnsolved: boolean,
): string | undefined {
  const all = spent.map((output) => output ?? { value: -1n, scriptPubKey: EMPTY_BYTES });
  const error = verifyInput(tx, all, index, STANDARD_FLAGS);
  if (error === undefined) return undefined;
  // What nodes say where signatures are simply missing.
  if (isUnsolved && error === 'INVALID_STACK_OPERATION')
    return 'Unable to sign input, invalid stack size (possibly missing key)';
  if (error === 'NULLFAIL')
    return 'CHECK(MULTI)SIG failing with non-zero signature (possibly need more signatures)';
  return SCRIPT_ERRORS[error];
}

/** An output wherever it is, spent in the mempool or not. */
function findSpent({ node }: Api, id: string, vout: number): TxOutput | undefined {
  return node.pool.coin(id, vout) ?? node.coin(id, vout, true);
}

function readPrevouts(given: readonly unknown[], ring: KeyRing): Map<string, TxOutput> {
  const told = new Map<string, TxOutput>();
  for (const one of given) {
    const { txid, vout, scriptPubKey, redeemScript, witnessScript, amount: value } = parseObject(one);
    const id = parseHash(txid, 'txid');
    if (typeof vout !== 'number' || vout < 0) throw undecodable('vout cannot be negative');
    told.set(`${id}:${vout}`, {
      value: value === undefined ? 0n : parseAmountValue(value),
      scriptPubKey: parseHex(scriptPubKey, 'scriptPubKey'),
    });
    for (const script of [redeemScript, witnessScript]) {
      if (script === undefined) continue;
      const bytes = parseHex(script, 'redeemScript');
      ring.addScript(bytes);
      // A witness script may stand behind a script hash as well.
      ring.addScript(concatBytes(Uint8Array.of(OP.OP_0), encodePush(sha256(bytes))));
    }
  }
  return told;
}

function combine(api: Api, texts: readonly unknown[]): string {
  if (texts.length === 0) throw invalidParameter('Missing transactions');
  const txs = texts.map((text, i) =>
    parseTransaction(String(text), {
      fault: `TX decode failed for tx ${i}. Make sure the tx has at least one input.`,
    }),
  );
  const [first] = txs as [Transaction, ...Transaction[]];
  const spent = first.inputs.map(({ prevout }) => findSpent(api, hashToHex(prevout.txid), prevout.vout));
  if (spent.some((output) => output === undefined)) {
    throw rpcFailure(RPC_VERIFY_ERROR, 'Input not found or already spent');
  }
  const hasher = new SignatureHasher(first, spent as readonly TxOutput[]);
  const inputs = first.inputs.map((input, i) => {
    // Of the variants, one that is whole; else the signatures of all of them together.
    const valid = txs.find(
      (tx) => verifyInput(tx, spent as readonly TxOutput[], i, STANDARD_FLAGS) === undefined,
    );
    if (valid !== undefined) return { ...input, ...(valid.inputs[i] as typeof input) };
    const signatures = noSignatures();
    const ring = new KeyRing();
    for (const tx of txs) {
      const { scriptPubKey } = spent[i] as TxOutput;
      collectSignatures(tx.inputs[i] as TxInput, i, scriptPubKey, { signatures, ring, hasher });
    }
    const solution = signInput(hasher, i, { ring, signatures, partial: true });
    return { ...input, ...solution };
  });
  return hex(encodeTransaction({ ...first, inputs }));
}
