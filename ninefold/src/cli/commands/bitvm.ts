import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { resolve } from 'node:path';
import {
  type Bytes,
  bytesToHex,
  createLogger,
  defineErrors,
  didYouMean,
  hexToBytes,
  isHex,
  type Logger,
} from '@ninefold/base';
import { ADDRESS_FORMATS, scriptToAddress } from '@ninefold/chain-bitcoin';
import {
  type Circuit,
  compressedKey,
  inputCount,
  outputCount,
  parseBristol,
  type Role,
} from '@ninefold/vm-bitvm';
import { type BitcoinRpc, type Coin, connectBitcoin } from '../../bitvm/bitcoin-rpc.ts';
import { Channel } from '../../bitvm/channel.ts';
import type { Stakes } from '../../bitvm/contract-json.ts';
import { type Contract, DisputeStore } from '../../bitvm/dispute-store.ts';
import { type PlayOptions, playProver, playVerifier, watchDispute } from '../../bitvm/play.ts';
import { partyScript, setUpDispute } from '../../bitvm/setup.ts';
import type { CommandInput } from '../command-input.ts';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK } from '../exit-codes.ts';
import { readText } from '../files.ts';
import type { Settings } from '../flags/flags.ts';
import { jsonSink, prettySink, toJson } from '../output.ts';

const ACTIONS = ['setup', 'prove', 'challenge', 'watch'] as const;
const USAGE = 'ninefold bitvm <setup | prove | challenge | watch> --folder DIR';

const fail = defineErrors({
  CLI_BITVM_ACTION: (c: { readonly found: string; readonly suggestion: string | undefined }) =>
    `${c.found === '' ? 'Say what to do.' : `${JSON.stringify(c.found)} is no action.`}${c.suggestion === undefined ? '' : ` Did you mean ${c.suggestion}?`} Usage: ${USAGE}`,
  CLI_BITVM_MISSING: (c: { readonly flag: string; readonly why: string }) => `${c.flag} is missing: ${c.why}`,
  CLI_BITVM_INVALID: (c: { readonly flag: string; readonly expected: string }) =>
    `${c.flag} cannot be that: expected ${c.expected}`,
  CLI_BITVM_NO_COINS: (c: { readonly needed: bigint; readonly found: bigint; readonly address: string }) =>
    `${c.needed} satoshi are needed and ${c.found} are there: pay the rest to ${c.address}, wait for a block, and try again`,
  BITVM_PEER_UNREACHABLE: (c: { readonly address: string; readonly reason: string }) =>
    `No meeting at ${c.address}: ${c.reason}. The party that listens has to be there first`,
  CLI_BITVM_WRONG_ROLE: (c: { readonly role: Role; readonly folder: string }) =>
    `The folder ${c.folder} is a ${c.role}'s`,
});

/** Room for the fees of the funding and for raising those of moves, in satoshi. */
const SPARE_SATOSHI = 100_000n;
const DEFAULT_DEPOSIT = 1_000_000n;
const DEFAULT_PRIZE = 100_000n;
const DEFAULT_TIMEOUT_BLOCKS = 144;
const DEFAULT_BLOCK_GATES = 512;
const DEFAULT_BURIAL = 6;
const DEFAULT_POLL_MS = 1000;

/** Sets up, plays or watches a dispute. */
export async function bitvm(input: CommandInput): Promise<number> {
  const { settings, positionals, output } = input;
  const [action = '', surplus] = positionals;
  if (surplus !== undefined || !ACTIONS.some((known) => known === action)) {
    throw fail('CLI_BITVM_ACTION', { found: surplus ?? action, suggestion: didYouMean(action, ACTIONS) });
  }
  if (settings.folder === undefined)
    throw fail('CLI_BITVM_MISSING', { flag: '--folder', why: 'the folder of the party' });
  const logger = createLogger({
    sink: settings.json === true ? jsonSink(output) : prettySink(output),
    level: settings.quiet === true ? 'warn' : (settings.verbose ?? 0) > 0 ? 'debug' : 'info',
    module: 'bitvm',
  });
  const store = await DisputeStore.open(resolve(settings.folder));
  const rpc = await connectBitcoin(settings.node, settings.cookie);
  return action === 'setup' ? setup(input, store, rpc, logger) : play(action, input, store, rpc, logger);
}

async function setup(
  { settings, output }: CommandInput,
  store: DisputeStore,
  rpc: BitcoinRpc,
  logger: Logger,
): Promise<number> {
  const role = roleOf(settings);
  await store.requireUnused();
  const privateKey = await store.key(() => new Uint8Array(randomBytes(32)));
  if (settings.circuit === undefined)
    throw fail('CLI_BITVM_MISSING', { flag: '--circuit', why: 'a file in Bristol format' });
  const circuitText = await readText(settings.circuit);
  const stakes = stakesOf(settings, parseBristol(circuitText));
  const coins = await coinsFor(rpc, privateKey, role, stakes);
  const height = await rpc.height();

  const socket = await meet(settings, logger);
  try {
    const channel = await Channel.open(socket, {
      role,
      privateKey,
      nonce: new Uint8Array(randomBytes(32)),
      expectedKey: peerOf(settings),
    });
    logger.info({ key: bytesToHex(channel.peerKey) }, 'met the other party');
    const started = performance.now();
    const { dispute, funding } = await setUpDispute(channel, store, {
      role,
      privateKey,
      circuitText,
      stakes,
      coins,
      height,
      progress: (step) => logger.info({}, step),
    });
    await rpc.send(funding).catch((error: unknown) => {
      // Both parties send it: one of them comes second.
      logger.debug({ reason: (error as Error).message }, 'not taken');
    });
    const facts = {
      schema: 'ninefold/bitvm-setup/1',
      role,
      gates: dispute.circuit.kinds.length,
      moves: dispute.stages.length,
      fees: dispute.totalFees,
      ms: Math.round(performance.now() - started),
      folder: store.folder,
    };
    output.data(
      settings.json === true
        ? toJson(facts)
        : `${role}: ${facts.gates} gates, ${facts.moves} moves at most, ${facts.fees} satoshi of fees at most; ready in ${facts.ms} ms`,
    );
    return EXIT_OK;
  } finally {
    socket.destroy();
  }
}

function roleOf({ role }: Settings): Role {
  if (role === 'prover' || role === 'verifier') return role;
  if (role === undefined) throw fail('CLI_BITVM_MISSING', { flag: '--role', why: 'prover or verifier' });
  throw fail('CLI_BITVM_INVALID', { flag: '--role', expected: 'prover or verifier' });
}

function peerOf({ peer }: Settings): Bytes | undefined {
  if (peer === undefined) return undefined;
  if (!isHex(peer, 33))
    throw fail('CLI_BITVM_INVALID', { flag: '--peer', expected: 'a key: 0x and 66 hex digits' });
  return hexToBytes(peer);
}

/** What both parties have to say alike. */
function stakesOf(settings: Settings, circuit: Circuit): Stakes {
  const { prize, proverDeposit, verifierDeposit, timeoutBlocks, feeRate, blockGates } = settings;
  const gates = circuit.kinds.length;
  return {
    prize: prize ?? DEFAULT_PRIZE,
    proverDeposit: proverDeposit ?? DEFAULT_DEPOSIT,
    verifierDeposit: verifierDeposit ?? DEFAULT_DEPOSIT,
    timeoutBlocks: timeoutBlocks ?? DEFAULT_TIMEOUT_BLOCKS,
    feeRate: feeRate ?? 1,
    blockGates: Math.min(blockGates ?? DEFAULT_BLOCK_GATES, gates),
    inputPins: settings.inputPins ?? '*'.repeat(inputCount(circuit)),
    outputPins: settings.outputPins ?? '*'.repeat(outputCount(circuit)),
  };
}

/** Coins of the party's key, the largest first, until they are enough. */
async function coinsFor(
  rpc: BitcoinRpc,
  privateKey: Bytes,
  role: Role,
  stakes: Stakes,
): Promise<readonly Coin[]> {
  const script = partyScript(privateKey);
  const own = role === 'prover' ? stakes.proverDeposit : stakes.verifierDeposit + stakes.prize;
  const needed = own + SPARE_SATOSHI;
  const coins: Coin[] = [];
  let found = 0n;
  for (const coin of (await rpc.coins(script)).toSorted((a, b) => (a.value < b.value ? 1 : -1))) {
    if (found >= needed) break;
    coins.push(coin);
    found += coin.value;
  }
  if (found < needed) {
    const address = scriptToAddress(script, ADDRESS_FORMATS.regtest) as string;
    throw fail('CLI_BITVM_NO_COINS', { needed, found, address });
  }
  return coins;
}

/** The other party at the end of a socket: one listens, the other connects. */
async function meet({ listen, connect }: Settings, logger: Logger): Promise<Socket> {
  const address = listen ?? connect;
  if (address === undefined || (listen !== undefined && connect !== undefined)) {
    throw fail('CLI_BITVM_MISSING', { flag: '--listen or --connect', why: 'one party waits for the other' });
  }
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(address);
  if (match === null)
    throw fail('CLI_BITVM_INVALID', { flag: '--listen or --connect', expected: 'HOST:PORT' });
  const [, host = '127.0.0.1', port] = match;
  try {
    return listen === undefined
      ? await connectTo(host, Number(port))
      : await listenAt(host, Number(port), logger);
  } catch (cause) {
    throw fail('BITVM_PEER_UNREACHABLE', { address, reason: (cause as Error).message }, { cause });
  }
}

async function connectTo(host: string, port: number): Promise<Socket> {
  const socket = createConnection({ host, port });
  await once(socket, 'connect');
  return socket;
}

async function listenAt(host: string, port: number, logger: Logger): Promise<Socket> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  logger.info({ address: `${host}:${own}` }, 'waiting for the other party');
  const [socket] = (await once(server, 'connection')) as [Socket];
  server.close();
  return socket;
}

async function play(
  action: string,
  { settings, output }: CommandInput,
  store: DisputeStore,
  rpc: BitcoinRpc,
  logger: Logger,
): Promise<number> {
  const contract = await store.contract();
  const { role, dispute } = contract;
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  process.once('SIGTERM', () => abort.abort());
  const options: PlayOptions = {
    rpc,
    logger,
    pollMs: settings.poll ?? DEFAULT_POLL_MS,
    burial: settings.burial ?? DEFAULT_BURIAL,
    feeRate: settings.feeRate ?? dispute.terms.feeRate,
    onEvent: (event) => {
      if (settings.json === true) output.data(toJson(event));
      else {
        const { event: name, state, height, player, choice } = event;
        const who = player ?? 'both';
        output.data(
          `${String(height).padStart(7)}  ${String(state).padStart(2)}/${dispute.stages.length}  ${who.padEnd(8)}  ${name}${choice === null ? '' : ` ${choice}`}`,
        );
      }
    },
    signal: abort.signal,
  };
  const outcome =
    action === 'watch'
      ? await watchDispute(contract, options)
      : await playRole(action, settings, store, contract, options);
  if (outcome === undefined) return EXIT_INTERRUPTED;
  logger.info({ winner: outcome.winner ?? 'both', height: outcome.height }, outcome.kind);
  return action === 'watch' || outcome.winner === undefined || outcome.winner === role
    ? EXIT_OK
    : EXIT_FAILURE;
}

async function playRole(
  action: string,
  settings: Settings,
  store: DisputeStore,
  contract: Contract,
  options: PlayOptions,
): ReturnType<typeof watchDispute> {
  const { role, dispute } = contract;
  if (role !== (action === 'prove' ? 'prover' : 'verifier')) {
    throw fail('CLI_BITVM_WRONG_ROLE', { role, folder: store.folder });
  }
  const privateKey = await store.key(() => {
    throw fail('CLI_BITVM_MISSING', { flag: '--folder', why: `${store.folder} has no key` });
  });
  if (!compressedKey(privateKey).every((byte, i) => byte === dispute.terms[role].key[i])) {
    throw fail('CLI_BITVM_WRONG_ROLE', { role, folder: store.folder });
  }
  if (action === 'challenge') return playVerifier(store, contract, privateKey, options);
  const bits =
    settings.claim === undefined ? await store.claim() : inputBits(settings.claim, dispute.circuit);
  if (bits === undefined) {
    throw fail('CLI_BITVM_MISSING', { flag: '--claim', why: 'what the claim is about' });
  }
  return playProver(store, contract, privateKey, bits, options);
}

/**
 * The input as bits: `0` and `1` for wire after wire, or `0x` and hex of the whole input, whose last bit
 * is wire 0.
 */
function inputBits(text: string, circuit: Circuit): string {
  const count = inputCount(circuit);
  if (isHex(text)) {
    const bits = Array.from(hexToBytes(text), (byte) => byte.toString(2).padStart(8, '0')).join('');
    if (bits.length === count) return Array.from(bits).reverse().join('');
  }
  if (/^[01]*$/.test(text) && text.length === count) return text;
  throw fail('CLI_BITVM_INVALID', { flag: '--claim', expected: `${count} bits, or 0x and as many in hex` });
}
