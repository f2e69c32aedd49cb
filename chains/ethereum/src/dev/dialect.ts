import { command } from '@ninefold/rpc';
import type { MethodTable, RpcContext, Validated, Validator } from '@ninefold/rpc';
import type { EthereumNode } from '../node.ts';

type Values<Checks extends readonly Validator<unknown>[]> = {
  readonly [Index in keyof Checks]: Validated<Checks[Index]>;
};

/** Whether the answer to `name` follows Hardhat: by its prefix, else by what the node imitates. */
export function speaksHardhat(node: EthereumNode, name: string): boolean {
  if (name.startsWith('hardhat_')) return true;
  return name.startsWith('evm_') && node.dialect === 'hardhat';
}

/** One setter under all its names: Hardhat answers `true`, anvil `null`. */
export function setter<const Checks extends readonly Validator<unknown>[]>(
  node: EthereumNode,
  names: readonly string[],
  checks: Checks,
  run: (params: Values<Checks>, context: RpcContext) => void,
): MethodTable {
  return named(names, (name) =>
    command(checks, (params, context) => {
      run(params, context);
      return speaksHardhat(node, name) ? true : null;
    }),
  );
}

/** One method that answers the same under all its names. */
export function alias<const Checks extends readonly Validator<unknown>[]>(
  names: readonly string[],
  checks: Checks,
  run: (params: Values<Checks>, context: RpcContext) => unknown,
): MethodTable {
  return named(names, () => command(checks, run));
}

/** One method whose answer each dialect writes in its own way. */
export function bilingual<const Checks extends readonly Validator<unknown>[], Result>(
  node: EthereumNode,
  names: readonly string[],
  checks: Checks,
  run: (params: Values<Checks>) => Result,
  write: { readonly anvil: (result: Result) => unknown; readonly hardhat: (result: Result) => unknown },
): MethodTable {
  return named(names, (name) =>
    command(checks, (params) => {
      const result = run(params);
      return speaksHardhat(node, name) ? write.hardhat(result) : write.anvil(result);
    }),
  );
}

function named(names: readonly string[], make: (name: string) => MethodTable[string]): MethodTable {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as MethodTable;
}
