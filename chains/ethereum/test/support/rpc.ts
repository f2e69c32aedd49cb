import { isRpcError, type RpcError } from '@ninefold/rpc';
import { manualClock } from '@ninefold/base';
import type { EthereumChain } from '../../src/chain.ts';
import { createEthereumChain } from '../../src/chain.ts';
import type { EthereumChainOptions } from '../../src/options.ts';

/** 2026-01-01 in milliseconds: tests take no time from outside. */
export const START = 1_767_225_600_000;

export const ALICE = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
export const BOB = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
export const CAROL = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc';
export const NOBODY = '0x00000000000000000000000000000000000000aa';

export type TestNode = {
  readonly chain: EthereumChain;
  readonly clock: ReturnType<typeof manualClock>;
  /** The result of a method. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what a method answers is for the test to know
  readonly rpc: (method: string, ...params: unknown[]) => Promise<any>;
  /** The error of a method that has to fail. */
  readonly fault: (method: string, ...params: unknown[]) => Promise<RpcError>;
  /** Runs all that waits for `ms`: the scheduler of the node. */
  readonly tick: (ms: number) => void;
};

export async function createTestNode(options: EthereumChainOptions = {}): Promise<TestNode> {
  const clock = manualClock(START);
  const tasks = new Map<() => void, number>();
  const scheduler = {
    every: (ms: number, task: () => void) => {
      tasks.set(task, ms);
      return () => void tasks.delete(task);
    },
  };
  const chain = await createEthereumChain({ clock, scheduler, ...options });
  return { ...faceOf(chain), clock, tick: (ms) => tick(clock, tasks, ms) };
}

/** As {@link createTestNode} gives it, for a chain that is there already. */
export function faceOf(chain: EthereumChain): Pick<TestNode, 'chain' | 'rpc' | 'fault'> {
  const rpc = (method: string, ...params: unknown[]): Promise<unknown> => chain.request({ method, params });
  const fault = async (method: string, ...params: unknown[]): Promise<RpcError> => {
    try {
      const result = await rpc(method, ...params);
      throw new Error(`${method} did not fail: ${JSON.stringify(result)}`);
    } catch (error) {
      if (isRpcError(error)) return error;
      throw error;
    }
  };
  return { chain, rpc, fault };
}

function tick(
  clock: ReturnType<typeof manualClock>,
  tasks: ReadonlyMap<() => void, number>,
  ms: number,
): void {
  clock.advance(ms);
  for (const [task, period] of Array.from(tasks)) {
    for (let passed = period; passed <= ms; passed += period) task();
  }
}

/** A quantity in hex. */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** A value as a 32-byte word without prefix. */
export const word = (value: bigint | number | string): string => BigInt(value).toString(16).padStart(64, '0');

/** Initcode that deploys `runtime`, given as hex digits. */
export function deployer(runtime: string): string {
  const length = (runtime.length / 2).toString(16).padStart(4, '0');
  // PUSH2 length, PUSH1 offset, PUSH0, CODECOPY, PUSH2 length, PUSH0, RETURN
  return `0x61${length}600c5f3961${length}5ff3${runtime}`;
}
