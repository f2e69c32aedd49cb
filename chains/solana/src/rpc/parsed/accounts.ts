import { type Bytes, bytesToBase64 } from '@ninefold/base';
import { decodeLoaderState, PROGRAM, PROGRAM_DATA_HEADER_BYTES, SYSVAR, toBase58 } from '@ninefold/vm-svm';
import { type Fields, type Json, type JsonObject, readFields, tryParse, Unparsable } from './fields.ts';
import { parseStake } from './stake-account.ts';
import { parseTokenAccount } from './token-account.ts';
import type { TokenUnit } from './token-amount.ts';
import { parseVote } from './vote-account.ts';

/** An account as `jsonParsed` shows it: the owner's short name, and what is in it. */
export type ParsedAccount = { readonly program: string; readonly parsed: Json };

/** What the parser has to be told of other accounts. */
export type ParsingContext = {
  /** In what amounts of a mint are counted, which the accounts of its tokens do not say. */
  readonly unitOf: (mint: string) => TokenUnit | undefined;
};

type Parser = (data: Bytes, context: ParsingContext, address: string) => Json;

const TOKEN: Parser = (data, context) => parseTokenAccount(data, context);

const PARSERS: Readonly<Record<string, readonly [program: string, parse: Parser]>> = {
  [PROGRAM.system]: ['nonce', parseNonce],
  [PROGRAM.vote]: ['vote', (data, _, address) => parseVote(data, address)],
  [PROGRAM.loaderV3]: ['bpf-upgradeable-loader', parseLoader],
  AddressLookupTab1e1111111111111111111111111: ['address-lookup-table', parseLookupTable],
  Stake11111111111111111111111111111111111111: ['stake', parseStake],
  Sysvar1111111111111111111111111111111111111: ['sysvar', (data, _, address) => parseSysvar(data, address)],
  TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA: ['spl-token', TOKEN],
  TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb: ['spl-token-2022', TOKEN],
};

/**
 * What is in an account, when its owner is one of the programs that are known and its data is what
 * that program writes.
 *
 * @param address base58, as `owner`
 */
export function parseAccount(
  address: string,
  owner: string,
  data: Bytes,
  context: ParsingContext,
): ParsedAccount | undefined {
  const entry = PARSERS[owner];
  if (entry === undefined) return undefined;
  const [program, parse] = entry;
  const parsed = tryParse(() => parse(data, context, address));
  return parsed === undefined ? undefined : { program, parsed };
}

function parseNonce(data: Bytes): Json {
  const f = readFields(data);
  if (f.u32() > 1 || f.u32() !== 1) throw new Unparsable('no nonce');
  return {
    type: 'initialized',
    info: {
      authority: f.key(),
      blockhash: f.key(),
      feeCalculator: { lamportsPerSignature: f.u64().toString() },
    },
  };
}

function parseLoader(data: Bytes): Json {
  const state = decodeLoaderState(data);
  switch (state?.kind) {
    case 'uninitialized':
      return { type: 'uninitialized' };
    case 'buffer': {
      // Without an authority the header is as long as with one.
      const file = data.subarray(37);
      return {
        type: 'buffer',
        info: {
          authority: state.authority === undefined ? null : toBase58(state.authority),
          data: [bytesToBase64(file), 'base64'],
        },
      };
    }
    case 'program':
      return { type: 'program', info: { programData: toBase58(state.programData) } };
    case 'programData':
      return {
        type: 'programData',
        info: {
          slot: state.slot,
          authority: state.authority === undefined ? null : toBase58(state.authority),
          data: [bytesToBase64(data.subarray(PROGRAM_DATA_HEADER_BYTES)), 'base64'],
        },
      };
    default:
      throw new Unparsable('no state of the loader');
  }
}

const TABLE_HEADER_BYTES = 56;

function parseLookupTable(data: Bytes): Json {
  const f = readFields(data);
  const kind = f.u32();
  if (kind === 0) return { type: 'uninitialized' };
  if (kind !== 1 || data.length < TABLE_HEADER_BYTES) throw new Unparsable('no table');
  const info = {
    deactivationSlot: f.u64().toString(),
    lastExtendedSlot: f.u64().toString(),
    lastExtendedSlotStartIndex: f.u8(),
  };
  const authority = f.option(f.key);
  const keys = readFields(data, TABLE_HEADER_BYTES);
  const count = (data.length - TABLE_HEADER_BYTES) / 32;
  if (!Number.isInteger(count)) throw new Unparsable('half a key');
  return {
    type: 'lookupTable',
    info: {
      ...info,
      ...(authority !== null && { authority }),
      addresses: Array.from({ length: count }, () => keys.key()),
    },
  };
}

const SYSVARS: Readonly<Record<string, readonly [type: string, read: (f: Fields) => Json]>> = {
  [SYSVAR.clock]: [
    'clock',
    (f) => ({
      slot: f.u64(),
      epochStartTimestamp: f.i64(),
      epoch: f.u64(),
      leaderScheduleEpoch: f.u64(),
      unixTimestamp: f.i64(),
    }),
  ],
  [SYSVAR.epochSchedule]: [
    'epochSchedule',
    (f) => ({
      slotsPerEpoch: f.u64(),
      leaderScheduleSlotOffset: f.u64(),
      warmup: f.flag(),
      firstNormalEpoch: f.u64(),
      firstNormalSlot: f.u64(),
    }),
  ],
  [SYSVAR.rent]: [
    'rent',
    (f) => ({
      lamportsPerByteYear: f.u64().toString(),
      exemptionThreshold: f.f64(),
      burnPercent: f.u8(),
    }),
  ],
  [SYSVAR.fees]: ['fees', (f) => ({ feeCalculator: { lamportsPerSignature: f.u64().toString() } })],
  [SYSVAR.recentBlockhashes]: [
    'recentBlockhashes',
    (f) =>
      f.list(() => ({
        blockhash: f.key(),
        feeCalculator: { lamportsPerSignature: f.u64().toString() },
      })),
  ],
  [SYSVAR.slotHashes]: ['slotHashes', (f) => f.list(() => ({ slot: f.u64(), hash: f.key() }))],
  [SYSVAR.stakeHistory]: [
    'stakeHistory',
    (f) =>
      f.list(() => ({
        epoch: f.u64(),
        stakeHistory: { effective: f.u64(), activating: f.u64(), deactivating: f.u64() },
      })),
  ],
  [SYSVAR.lastRestartSlot]: ['lastRestartSlot', (f) => ({ lastRestartSlot: f.u64() })],
  [SYSVAR.epochRewards]: ['epochRewards', parseEpochRewards],
};

function parseEpochRewards(f: Fields): JsonObject {
  const distributionStartingBlockHeight = f.u64();
  const numPartitions = f.u64();
  const parentBlockhash = f.key();
  const totalPoints = f.u64() | (f.u64() << 64n);
  return {
    distributionStartingBlockHeight,
    numPartitions,
    parentBlockhash,
    totalPoints: totalPoints.toString(),
    totalRewards: f.u64().toString(),
    distributedRewards: f.u64().toString(),
    active: f.flag(),
  };
}

function parseSysvar(data: Bytes, address: string): Json {
  const entry = SYSVARS[address];
  if (entry === undefined) throw new Unparsable('unknown sysvar');
  const [type, read] = entry;
  return { type, info: read(readFields(data)) };
}
