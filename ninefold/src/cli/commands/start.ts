import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Logger, LogLevel } from '@ninefold/base';
import { createLogger, defineErrors, hexToBytes, isHex, isNinefoldError, utf8ToBytes } from '@ninefold/base';
import type { EthereumChain } from '@ninefold/chain-ethereum';
import type { SolanaChain } from '@ninefold/chain-solana';
import type { ChainName, EthereumOptions, Node, NodeUrls } from '../../node.ts';
import { createNode } from '../../node.ts';
import type { Chains, ChainUrls } from '../../listen.ts';
import type { ListeningStudio } from '../../studio.ts';
import type { EthereumFacts } from '../banner.ts';
import { bannerText } from '../banner.ts';
import { bitcoinOptions, chainsOf, idleSettings, solanaOptions } from '../chains.ts';
import { EXIT_INTERRUPTED, EXIT_INTERNAL, EXIT_OK } from '../exit-codes.ts';
import { readJson, readText, requireWritable, writeWhole } from '../files.ts';
import type { Settings } from '../flags/flags.ts';
import type { CommandInput } from '../command-input.ts';
import type { Output } from '../output.ts';
import { jsonSink, lastWords, prettySink, toJson } from '../output.ts';

const fail = defineErrors({
  CLI_UNEXPECTED_ARGUMENT: (c: { readonly argument: string }) =>
    `Unexpected argument ${JSON.stringify(c.argument)}: "ninefold start" takes only flags`,
  CLI_UNKNOWN_DIALECT: (c: { readonly dialect: string }) =>
    `--dialect cannot be ${JSON.stringify(c.dialect)}: expected anvil or hardhat`,
  CLI_INVALID_ORIGIN: (c: { readonly origin: string }) =>
    `--cors cannot be ${JSON.stringify(c.origin)}: expected an origin such as https://app.example, without a path, or *`,
  CLI_INVALID_AUTH: () => '--bitcoin-auth is a name and a password with a colon between them',
  CLI_CONFIG_INVALID_GENESIS: (c: { readonly file: string; readonly reason: string }) =>
    `${c.file} is no genesis: ${c.reason}`,
  CLI_INVALID_STATE_FILE: (c: { readonly file: string }) =>
    `${c.file} holds no dumped state: expected what --dump-state or anvil writes`,
});

/**
 * Runs a node until it is told to stop: SIGINT or SIGTERM once ends it in good order, a second one at
 * once.
 */
export async function start(input: CommandInput): Promise<number> {
  const { settings, output, positionals } = input;
  if (positionals[0] !== undefined) throw fail('CLI_UNEXPECTED_ARGUMENT', { argument: positionals[0] });
  const logger = loggerOf(settings, output);
  dieOnBugs(logger);
  const stopped = untilStopped(logger);

  const names = chainsOf(settings);
  const listening = listenOptions(settings);
  // A state that cannot be written at the end would be lost.
  for (const file of [settings.dumpState, settings.readyFile])
    if (file !== undefined) await requireWritable(file);
  for (const name of idleSettings(settings)) logger.warn({ name }, 'a setting of a chain that does not run');
  const node = await createNode({
    chains: {
      ...(names.includes('ethereum') && { ethereum: await ethereumOptions(settings, logger) }),
      ...(names.includes('solana') && { solana: await solanaOptions(settings) }),
      ...(names.includes('bitcoin') && { bitcoin: bitcoinOptions(settings) }),
    },
    logger,
  });
  const { ethereum, solana }: Chains = node;
  let studio: ListeningStudio | undefined;
  try {
    if (ethereum !== undefined && settings.loadState !== undefined) await load(ethereum, settings.loadState);
    const urls: Partial<NodeUrls<ChainName>> = await node.listen(listening);
    if (ethereum !== undefined) logBlocks(ethereum, logger);
    if (solana !== undefined) logSlots(solana, logger);
    // Counted from the start of the process, Node's own included.
    const readyMs = Math.round(performance.now());
    if (ethereum !== undefined) studio = await openStudio(input, node, urls.ethereum, readyMs, logger);
    await announce(input, node, urls, studio?.url, readyMs);
    const exitCode = await stopped;
    logger.info({}, 'stopping');
    if (ethereum !== undefined && settings.dumpState !== undefined) await dump(ethereum, settings.dumpState);
    return exitCode;
  } finally {
    await studio?.close();
    await node.close();
  }
}

async function ethereumOptions(settings: Settings, logger: Logger): Promise<EthereumOptions> {
  const { dialect, state, genesis } = settings;
  if (dialect !== undefined && dialect !== 'anvil' && dialect !== 'hardhat') {
    throw fail('CLI_UNKNOWN_DIALECT', { dialect });
  }
  return {
    logger,
    chainId: settings.chainId,
    fork: settings.hardfork,
    genesis: genesis === undefined ? undefined : await readGenesis(genesis),
    gasLimit: settings.gasLimit,
    initialBaseFee: settings.baseFee,
    timestamp: settings.timestamp,
    dialect,
    mining: miningOf(settings),
    accounts: settings.accounts,
    balance: settings.balance,
    mnemonic: settings.mnemonic,
    derivationPath: settings.derivationPath,
    state: state === undefined ? undefined : resolve(state),
  };
}

function miningOf({ noMining, blockTime }: Settings): EthereumOptions['mining'] {
  if (noMining === true) return 'manual';
  return blockTime === undefined ? 'auto' : blockTime * 1000;
}

async function readGenesis(file: string): Promise<NonNullable<EthereumOptions['genesis']>> {
  const json = await readJson(file);
  const { parseGethGenesis } = await import('@ninefold/chain-ethereum');
  try {
    return parseGethGenesis(json as Parameters<typeof parseGethGenesis>[0]);
  } catch (cause) {
    throw fail('CLI_CONFIG_INVALID_GENESIS', { file, reason: (cause as Error).message }, { cause });
  }
}

/** The JSON of a dump, as this command and anvil write it, or the hex `anvil_dumpState` gives. */
async function load(chain: EthereumChain, file: string): Promise<void> {
  const text = (await readText(file)).trim();
  if (text.startsWith('{')) return chain.load(utf8ToBytes(text));
  if (!isHex(text)) throw fail('CLI_INVALID_STATE_FILE', { file });
  return chain.load(hexToBytes(text));
}

async function dump(chain: EthereumChain, file: string): Promise<void> {
  const json = gunzipSync(hexToBytes(await chain.dump()));
  await writeWhole(file, `${json.toString('utf8')}\n`);
}

/** What browsers send as `Origin`: a scheme, a host, perhaps a port. */
const ORIGIN = /^(?:\*|[a-z][a-z\d+.-]*:\/\/[^/?#\s]+)$/i;

function listenOptions(settings: Settings): Parameters<Node['listen']>[0] {
  const { host, port, ipc, cors, allowedHosts } = settings;
  const { solanaPort, bitcoinPort, esploraPort, bitcoinAuth } = settings;
  for (const origin of cors ?? []) if (!ORIGIN.test(origin)) throw fail('CLI_INVALID_ORIGIN', { origin });
  if (bitcoinAuth !== undefined && !/^[^:]+:./.test(bitcoinAuth)) throw fail('CLI_INVALID_AUTH', undefined);
  const shared = { host, port, ipc, allowedHosts, cors: cors?.includes('*') ? '*' : cors } as const;
  return { ...shared, solanaPort, bitcoinPort, esploraPort, bitcoinAuth };
}

/** The studio beside the chain. Where its page was not built, the node does without. */
async function openStudio(
  { settings, version }: CommandInput,
  node: Node,
  urls: ChainUrls | undefined,
  readyMs: number,
  logger: Logger,
): Promise<ListeningStudio | undefined> {
  if (settings.noStudio === true) return undefined;
  const { listenStudio } = await import('../../studio.ts');
  // Who asks for any free port of the chain does not want a fixed one beside it.
  const port = settings.studioPort ?? (settings.port === 0 ? 0 : undefined);
  try {
    return await listenStudio(node, { port, version, readyMs, logger, urls });
  } catch (error) {
    if (!isNinefoldError(error, 'STUDIO_NOT_BUILT')) throw error;
    logger.warn({}, error.message);
    return undefined;
  }
}

/** The ready event, a banner or neither; and the file for those who wait. */
async function announce(
  { settings, output, version }: CommandInput,
  { ethereum, solana }: Chains,
  urls: Partial<NodeUrls<ChainName>>,
  studio: string | undefined,
  readyMs: number,
): Promise<void> {
  const ready = toJson({
    schema: 'ninefold/ready/1',
    event: 'ready',
    version,
    pid: process.pid,
    chains: {
      ...(ethereum && { ethereum: { ...urls.ethereum, chainId: Number(ethereum.node.chainId) } }),
      ...(solana && {
        solana: { ...urls.solana, genesisHash: await solana.request({ method: 'getGenesisHash' }) },
      }),
      bitcoin: urls.bitcoin,
    },
    ...(studio !== undefined && { studio }),
    readyMs,
  });
  if (settings.json === true) output.data(ready);
  else if (settings.silent !== true && settings.quiet !== true) {
    const facts = {
      version,
      ethereum: ethereum && urls.ethereum && ethereumFacts(ethereum, urls.ethereum, settings),
      solana: solana && urls.solana && { urls: urls.solana, slotMs: solana.node.slotMs },
      bitcoin: urls.bitcoin && { urls: urls.bitcoin, state: settings.state },
      studio,
      readyMs,
    };
    output.talk(bannerText(facts, output.paint));
  }
  if (settings.readyFile !== undefined) await writeWhole(settings.readyFile, `${ready}\n`);
}

function ethereumFacts(
  { node, accounts }: EthereumChain,
  urls: EthereumFacts['urls'],
  { mnemonic, state }: Settings,
): EthereumFacts {
  return {
    chainId: node.chainId,
    hardfork: node.chain.head().fork,
    urls,
    accounts,
    mnemonic: mnemonic ?? 'test test test test test test test test test test test junk',
    state,
  };
}

function logBlocks({ node }: EthereumChain, logger: Logger): void {
  const log = logger.child('ethereum');
  node.chain.on('head', ({ added }) => {
    for (const { block, hash } of added) {
      const { number, gasUsed } = block.header;
      log.info({ number, hash, transactions: block.transactions.length, gas: gasUsed }, 'block');
    }
  });
}

/** Slots with something in them: the others come several times a second. */
function logSlots({ node }: SolanaChain, logger: Logger): void {
  const log = logger.child('solana');
  node.listen({
    onReceived: () => {},
    onRoot: () => {},
    onSlot({ slot, transactions }) {
      const units = transactions.reduce((sum, { result }) => sum + result.units, 0);
      if (transactions.length > 0) log.info({ slot, transactions: transactions.length, units }, 'slot');
    },
  });
}

function loggerOf({ silent, quiet, verbose = 0, json }: Settings, output: Output): Logger {
  const sink = json === true ? jsonSink(output) : prettySink(output);
  return createLogger({ sink, level: levelOf(silent === true, quiet === true, verbose) });
}

function levelOf(isSilent: boolean, isQuiet: boolean, verbosity: number): LogLevel {
  if (isSilent) return 'error';
  if (isQuiet) return 'warn';
  return verbosity === 0 ? 'info' : verbosity === 1 ? 'debug' : 'trace';
}

/** Resolves with the exit code at the first signal; at the second the process ends. */
function untilStopped(logger: Logger): Promise<number> {
  return new Promise((resolve) => {
    let signals = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      signals++;
      const exitCode = signal === 'SIGINT' ? EXIT_INTERRUPTED : EXIT_OK;
      if (signals > 1) process.exit(EXIT_INTERRUPTED);
      logger.debug({ signal }, 'told to stop');
      resolve(exitCode);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

/** After a bug nothing in memory can be trusted: say so and end, never go on. */
function dieOnBugs(logger: Logger): void {
  const die = (error: unknown): void => {
    try {
      logger.error({ error }, 'uncaught');
    } finally {
      lastWords(`This is a bug in Ninefold: ${error instanceof Error ? error.stack : String(error)}`);
      process.exit(EXIT_INTERNAL);
    }
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
