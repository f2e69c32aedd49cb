import { createBlock } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common';
import { MerkleStateManager } from '@ethereumjs/statemanager';
import { createTx } from '@ethereumjs/tx';
import { createAccount, createAddressFromString } from '@ethereumjs/util';
import { createVM, runTx } from '@ethereumjs/vm';
import type { Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes, trimLeadingZeros } from '@ninefold/base';
import type { ForkName } from '@ninefold/vm-evm';
import type { SceneResult } from './result.ts';
import type { Scene } from './scene.ts';

/** Forks the peer knows, by its names. */
export const PEER_FORKS: Readonly<Partial<Record<ForkName, string>>> = {
  byzantium: Hardfork.Byzantium,
  petersburg: Hardfork.Petersburg,
  istanbul: Hardfork.Istanbul,
  berlin: Hardfork.Berlin,
  london: Hardfork.London,
  paris: Hardfork.Paris,
  shanghai: Hardfork.Shanghai,
  cancun: Hardfork.Cancun,
  prague: Hardfork.Prague,
  osaka: Hardfork.Osaka,
};

const commons = new Map<ForkName, Common>();

function commonOf(fork: ForkName): Common {
  const common =
    commons.get(fork) ?? createCustomCommon({}, Mainnet, { hardfork: PEER_FORKS[fork] as string });
  commons.set(fork, common);
  return common;
}

/** Runs a scene on ethereumjs and reports on `addresses`; a transaction it refuses is an invalid one. */
export async function runEthereumjs(scene: Scene, addresses: Iterable<Hex>): Promise<SceneResult> {
  const common = commonOf(scene.fork).copy();
  const stateManager = new MerkleStateManager({ common });
  const vm = await createVM({ common, stateManager });
  for (const [address, { nonce, balance, code, storage }] of scene.accounts) {
    const at = createAddressFromString(address);
    await stateManager.putAccount(at, createAccount({ nonce, balance }));
    if (code.length > 0) await stateManager.putCode(at, code);
    for (const [slot, value] of storage) {
      await stateManager.putStorage(at, hexToBytes(slot), trimLeadingZeros(hexToBytes(value)));
    }
  }
  const { block, transaction } = scene;
  const london = common.gteHardfork(Hardfork.London);
  const paris = common.gteHardfork(Hardfork.Paris);
  const header = {
    number: block.number,
    timestamp: block.timestamp,
    gasLimit: block.gasLimit,
    coinbase: createAddressFromString(block.coinbase),
    ...(london ? { baseFeePerGas: block.baseFee } : {}),
    ...(paris ? { mixHash: hexToBytes(block.prevRandao), difficulty: 0n } : {}),
  };
  try {
    const tx = createTx(
      {
        type: transaction.accessList.length > 0 ? 1 : 0,
        chainId: 1n,
        nonce: 7n,
        gasPrice: transaction.gasPrice,
        gasLimit: transaction.gasLimit,
        value: transaction.value,
        data: transaction.data,
        ...(transaction.to === undefined ? {} : { to: createAddressFromString(transaction.to) }),
        ...(transaction.accessList.length > 0
          ? {
              accessList: [...transaction.accessList].map((entry) => ({
                ...entry,
                storageKeys: [...entry.storageKeys],
              })),
            }
          : {}),
      },
      { common },
    ).sign(transaction.privateKey);
    const result = await runTx(vm, {
      tx,
      block: createBlock({ header }, { common, skipConsensusFormatValidation: true }),
      skipHardForkValidation: true,
    });
    const success = result.execResult.exceptionError === undefined;
    return {
      valid: true,
      success,
      gasUsed: result.totalGasSpent,
      output: bytesToHex(result.execResult.returnValue),
      created: success ? (result.createdAddress?.toString() as Hex | undefined) : undefined,
      logs: (result.execResult.logs ?? []).map(
        ([address, topics, data]) =>
          `${bytesToHex(address)} ${topics.map(bytesToHex).join(',')} ${bytesToHex(data)}`,
      ),
      accounts: await accountsOf(stateManager, addresses),
      stateRoot: bytesToHex(await stateManager.getStateRoot()),
    };
  } catch (error) {
    return { valid: false, reason: (error as Error).message };
  }
}

async function accountsOf(state: MerkleStateManager, addresses: Iterable<Hex>): Promise<Map<Hex, string>> {
  const accounts = new Map<Hex, string>();
  for (const address of addresses) {
    const account = await state.getAccount(createAddressFromString(address));
    if (account === undefined) continue;
    const { nonce, balance, codeHash, storageRoot } = account;
    accounts.set(address, `${nonce} ${balance} ${bytesToHex(codeHash)} ${bytesToHex(storageRoot)}`);
  }
  return accounts;
}
