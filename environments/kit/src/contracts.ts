import { readdirSync, readFileSync } from 'node:fs';
import solc from 'solc';
import type { Hex } from '@ninefold/base';

/** A contract as solc hands it over. */
export type CompiledContract = {
  readonly abi: readonly Readonly<Record<string, unknown>>[];
  /** Init code, without constructor arguments. */
  readonly bytecode: Hex;
  /** Code as it lies on the chain. */
  readonly runtime: Hex;
};

type SolcOutput = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly abi: CompiledContract['abi'];
            readonly evm: {
              readonly bytecode: { readonly object: string };
              readonly deployedBytecode: { readonly object: string };
            };
          }
        >
      >
    >
  >;
};

const folder = new URL('../contracts/', import.meta.url);
let compiled: ReadonlyMap<string, CompiledContract> | undefined;

/**
 * A contract of the folder `contracts`, compiled by solc on first use.
 *
 * @example contract('Token').bytecode
 */
export function contract(name: string): CompiledContract {
  compiled ??= compile();
  const found = compiled.get(name);
  if (!found) throw new Error(`no contract ${name} in ${folder.pathname}`);
  return found;
}

function compile(): ReadonlyMap<string, CompiledContract> {
  const sources: Record<string, { content: string }> = {};
  for (const file of readdirSync(folder)) {
    sources[file] = { content: readFileSync(new URL(file, folder), 'utf8') };
  }
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: 'Solidity',
        sources,
        settings: {
          optimizer: { enabled: true, runs: 200 },
          evmVersion: 'cancun',
          metadata: { bytecodeHash: 'none' },
          outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
        },
      }),
    ),
  ) as SolcOutput;
  const failures = (output.errors ?? []).filter((error) => error.severity === 'error');
  if (failures.length > 0) throw new Error(failures.map((error) => error.formattedMessage).join('\n'));
  const contracts = new Map<string, CompiledContract>();
  for (const file of Object.values(output.contracts)) {
    for (const [name, { abi, evm }] of Object.entries(file)) {
      contracts.set(name, {
        abi,
        bytecode: `0x${evm.bytecode.object}`,
        runtime: `0x${evm.deployedBytecode.object}`,
      });
    }
  }
  return contracts;
}
