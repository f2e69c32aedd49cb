import type { TestNode } from '@ninefold/environment-kit';
import { contract } from '@ninefold/environment-kit';
import type { Address, Hex, HttpTransport, CustomTransport, WebSocketTransport } from 'viem';
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  custom,
  http,
  parseAbi,
  webSocket,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';

const MNEMONIC = 'test test test test test test test test test test test junk';

/** Accounts whose keys the test holds; the node holds the same. */
export const alice = mnemonicToAccount(MNEMONIC, { addressIndex: 0 });
export const bob = mnemonicToAccount(MNEMONIC, { addressIndex: 1 });
export const carol = mnemonicToAccount(MNEMONIC, { addressIndex: 2 });

export const chain = foundry;

export const tokenAbi = parseAbi([
  'constructor(uint256 supply)',
  'function name() view returns (string)',
  'function decimals() view returns (uint8)',
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address) view returns (uint256)',
  'function allowance(address, address) view returns (uint256)',
  'function nonces(address) view returns (uint256)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function approve(address spender, uint256 value) returns (bool)',
  'function transferFrom(address from, address to, uint256 value) returns (bool)',
  'function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event Approval(address indexed owner, address indexed spender, uint256 value)',
  'error InsufficientBalance(address owner, uint256 balance, uint256 needed)',
  'error InsufficientAllowance(address spender, uint256 allowance, uint256 needed)',
]);

/** Declared as writes, all of them: viem then simulates and sends them alike. */
export const faultsAbi = parseAbi([
  'function reason(string text)',
  'function custom(uint256 code)',
  'function silent()',
  'function assertion()',
  'function overflow(uint8 value) returns (uint8)',
  'function division(uint256 by) returns (uint256)',
  'function outOfBounds(uint256 index) returns (uint256)',
  'function forever()',
  'function increment() returns (uint256)',
  'function counter() view returns (uint256)',
  'error Refused(uint256 code, string why)',
]);

export const modernAbi = parseAbi([
  'struct Call { address to; uint256 value; bytes data; }',
  'function rememberBlob()',
  'function lastBlob() view returns (bytes32)',
  'function execute(Call[] calls) payable',
  'event Executed(address indexed account, uint256 calls)',
]);

export type Transport = HttpTransport | WebSocketTransport | CustomTransport;

export type TransportName = 'http' | 'webSocket' | 'custom';

/** Those a node offers: all, but another node than ours cannot be reached without a socket. */
export const TRANSPORTS: readonly TransportName[] =
  process.env['NINEFOLD_TEST_RPC'] === undefined ? ['http', 'webSocket', 'custom'] : ['http', 'webSocket'];

export function transportTo(node: TestNode, name: TransportName): Transport {
  switch (name) {
    case 'http':
      return http(node.http);
    case 'webSocket':
      return webSocket(node.ws);
    case 'custom':
      // viem takes code 3 from a provider for an unknown failure and would try again.
      return custom(node.provider as Parameters<typeof custom>[0], { retryCount: 0 });
  }
}

const pollingInterval = 20;

export function publicClient(transport: Transport) {
  return createPublicClient({ chain, transport, pollingInterval, cacheTime: 0 });
}

export function walletClient(transport: Transport, account = alice) {
  return createWalletClient({ account, chain, transport, pollingInterval });
}

export function testClient(transport: Transport, mode: 'anvil' | 'hardhat') {
  return createTestClient({ chain, mode, transport, pollingInterval });
}

export type Public = ReturnType<typeof publicClient>;
export type Wallet = ReturnType<typeof walletClient>;

/** Deploys and waits for the receipt. */
export async function deploy(
  { reader, wallet }: { reader: Public; wallet: Wallet },
  name: string,
  args: readonly unknown[] = [],
): Promise<Address> {
  const { abi, bytecode } = contract(name);
  const hash = await wallet.deployContract({ abi, bytecode, args } as never);
  const { status, contractAddress } = await reader.waitForTransactionReceipt({ hash });
  if (status !== 'success' || !contractAddress) throw new Error(`${name} was not deployed`);
  return contractAddress;
}

/** Waits until `condition` holds, looking every few milliseconds. */
export async function eventually(condition: () => boolean, limitMs = 5000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not come to be');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function word(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
