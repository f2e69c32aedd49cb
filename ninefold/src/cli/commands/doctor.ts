import { access, constants, readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, resolve } from 'node:path';
import { isNinefoldError } from '@ninefold/base';
import {
  DEFAULT_BITCOIN_PORT,
  DEFAULT_ESPLORA_PORT,
  DEFAULT_PORT,
  DEFAULT_SOLANA_PORT,
} from '../../listen.ts';
import { chainsOf } from '../chains.ts';
import { EXIT_FAILURE, EXIT_OK } from '../exit-codes.ts';
import type { CommandInput } from '../command-input.ts';
import type { Settings } from '../flags/flags.ts';
import { COMMAND_HELP } from '../help.ts';
import { refuseSurplus } from '../program.ts';
import type { Paint } from '../output.ts';
import { toJson } from '../output.ts';

export type Finding = {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'problem';
  readonly detail: string;
};

/** Looks whether a node could run here. Exit code 1 when something would keep it from that. */
export async function doctor({ settings, positionals, output }: CommandInput): Promise<number> {
  refuseSurplus(positionals, 0, COMMAND_HELP.doctor.usage);
  const findings: Finding[] = [
    nodeVersion(process.versions.node),
    ...wasmFeatures(),
    ...(await ports(settings)),
    await lmdb(),
  ];
  if (settings.state !== undefined) findings.push(await stateFolder(resolve(settings.state)));
  const isWell = findings.every(({ status }) => status !== 'problem');
  output.data(
    settings.json === true
      ? toJson({ schema: 'ninefold/doctor/1', ok: isWell, findings })
      : findings.map((finding) => findingText(finding, output.paint)).join('\n'),
  );
  return isWell ? EXIT_OK : EXIT_FAILURE;
}

function findingText({ check, status, detail }: Finding, paint: Paint): string {
  const painted = { ok: paint.green, warning: paint.yellow, problem: paint.red }[status];
  return `${painted(status.padEnd(8))} ${check.padEnd(12)} ${detail}`;
}

export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > 20 || (major === 20 && minor >= 19);
  return {
    check: 'Node',
    status: isNew ? 'ok' : 'problem',
    detail: isNew ? version : `${version} is too old: install 20.19 or newer`,
  };
}

// Smallest modules that use a feature: validation alone tells whether the engine has it.
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;
const FEATURES: readonly {
  readonly name: string;
  readonly needed: boolean;
  readonly module: readonly number[];
}[] = [
  {
    name: 'SIMD',
    needed: false,
    // (func (result v128) i32.const 0 i8x16.splat)
    module: [1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x41, 0, 0xfd, 15, 11],
  },
  {
    name: 'bulk memory',
    needed: true,
    // (memory 1) (func i32.const 0 i32.const 0 i32.const 0 memory.fill)
    module: [
      1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 10, 13, 1, 11, 0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11,
      0, 11,
    ],
  },
  {
    name: 'tail calls',
    needed: false,
    // (func return_call 0)
    module: [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x12, 0, 11],
  },
];

function wasmFeatures(): readonly Finding[] {
  return FEATURES.map(({ name, needed, module }): Finding => {
    const has = WebAssembly.validate(Uint8Array.from([...MAGIC, ...module]));
    const status = has ? 'ok' : needed ? 'problem' : 'warning';
    return {
      check: 'WebAssembly',
      status,
      detail: has ? name : `no ${name}: ${needed ? 'use a newer Node' : 'slower'}`,
    };
  });
}

/** Those of every chain; Solana and Bitcoin have two. */
function ports(settings: Settings): Promise<readonly Finding[]> {
  const { port: first = DEFAULT_PORT, host } = settings;
  const chains = chainsOf(settings);
  const wanted: Promise<Finding>[] = [];
  if (chains.includes('ethereum')) wanted.push(port(first, host));
  if (chains.includes('solana')) {
    const solana = settings.solanaPort ?? (first === 0 ? 0 : DEFAULT_SOLANA_PORT);
    const numbers = solana === 0 ? [0] : [solana, solana + 1];
    wanted.push(...numbers.map((number) => port(number, host, '--solana-port')));
  }
  if (chains.includes('bitcoin')) {
    const orFree = (fallback: number): number => (first === 0 ? 0 : fallback);
    wanted.push(
      port(settings.bitcoinPort ?? orFree(DEFAULT_BITCOIN_PORT), host, '--bitcoin-port'),
      port(settings.esploraPort ?? orFree(DEFAULT_ESPLORA_PORT), host, '--esplora-port'),
    );
  }
  return Promise.all(wanted);
}

async function port(number: number, host = '127.0.0.1', flag = '--port'): Promise<Finding> {
  const server = createServer();
  try {
    server.listen(number, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return {
      check: 'port',
      status: 'ok',
      detail: number === 0 ? 'any free one' : `${number} is free on ${host}`,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EADDRINUSE' ? `is in use: choose another one with ${flag}` : `cannot be opened (${code})`;
    return { check: 'port', status: 'problem', detail: `${number} on ${host} ${reason}` };
  }
}

/** Only `--state` needs it. */
async function lmdb(): Promise<Finding> {
  try {
    await import('lmdb' as string);
    return { check: 'lmdb', status: 'ok', detail: 'state can be kept on disk' };
  } catch {
    return {
      check: 'lmdb',
      status: 'warning',
      detail: 'not installed: --state will not work, all else will',
    };
  }
}

/** Opens what is there; a folder that is not there yet must be one that can be made. */
async function stateFolder(path: string): Promise<Finding> {
  const check = 'state';
  try {
    const entries = await readdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (entries === undefined) await access(dirname(path), constants.W_OK);
    // Nothing is made here: that is left to the first start.
    if (entries === undefined || entries.length === 0) {
      return { check, status: 'ok', detail: `${path} will begin a new chain` };
    }
    const { checkStateFolder } = await import('../../state-folder.ts');
    await checkStateFolder(path, entries);
    return { check, status: 'ok', detail: `${path} can be opened` };
  } catch (error) {
    const detail = isNinefoldError(error) ? error.message : `${path}: ${(error as Error).message}`;
    return { check, status: 'problem', detail };
  }
}
