import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes, trimLeadingZeros } from '@ninefold/base';
import { encodeRlp, rlpFromUint } from '@ninefold/codec';
import { keccak256 } from '@ninefold/crypto';
import { emptyTrie } from '@ninefold/state';
import type { Account, Evm, ForkName, StateChanges } from '@ninefold/vm-evm';
import { createEvm } from '@ninefold/vm-evm';
import type { SceneResult } from './result.ts';
import type { Scene } from './scene.ts';

const machines = new Map<ForkName, Evm>();

function machineOf(fork: ForkName): Evm {
  const machine = machines.get(fork) ?? createEvm({ fork });
  machines.set(fork, machine);
  return machine;
}

const hashOf = (bytes: Bytes): Hex => bytesToHex(keccak256(bytes));
const ZERO = 0n;

/** Runs a scene on Ninefold's machine. */
export function runOurs(scene: Scene): SceneResult {
  const { block, transaction } = scene;
  const codes = new Map<Hex, Bytes>();
  const accounts = new Map<Hex, Account>();
  for (const [address, { nonce, balance, code }] of scene.accounts) {
    const codeHash = hashOf(code);
    codes.set(codeHash, code);
    accounts.set(address, { nonce, balance, codeHash });
  }
  const outcome = machineOf(scene.fork).transact(
    {
      type: transaction.accessList.length > 0 ? 1 : 0,
      from: transaction.from,
      to: transaction.to,
      nonce: 7n,
      gasLimit: transaction.gasLimit,
      maxFeePerGas: transaction.gasPrice,
      maxPriorityFeePerGas: transaction.gasPrice,
      value: transaction.value,
      data: transaction.data,
      chainId: 1n,
      accessList: transaction.accessList,
    },
    { chainId: 1n, difficulty: ZERO, blobBaseFee: 1n, slotNumber: ZERO, ...block },
    {
      account: (address) => accounts.get(address),
      storage: (address, slot) => scene.accounts.get(address)?.storage.get(slot),
      hasStorage: (address) => (scene.accounts.get(address)?.storage.size ?? 0) > 0,
      code: (codeHash) => codes.get(codeHash) as Bytes,
      // The peer is given no chain: it knows no earlier block.
      blockHash: () => undefined,
    },
  );
  if (!outcome.valid) return { valid: false, reason: outcome.reason };
  const after = accountsAfter(scene, accounts, outcome.changes);
  return {
    valid: true,
    success: outcome.status === 'success',
    gasUsed: outcome.gasUsed,
    output: bytesToHex(outcome.output),
    created: outcome.status === 'success' ? outcome.createdAddress : undefined,
    logs: outcome.logs.map(
      ({ address, topics, data }) => `${address} ${topics.join(',')} ${bytesToHex(data)}`,
    ),
    accounts: new Map(
      [...after].map(([address, { nonce, balance, codeHash, storageRoot }]) => [
        address,
        `${nonce} ${balance} ${codeHash} ${storageRoot}`,
      ]),
    ),
    stateRoot: stateRoot(after),
  };
}

type AccountAfter = Account & { readonly storageRoot: Hex };

function accountsAfter(
  scene: Scene,
  before: ReadonlyMap<Hex, Account>,
  changes: StateChanges,
): ReadonlyMap<Hex, AccountAfter> {
  const after = new Map<Hex, AccountAfter>();
  for (const address of new Set([...before.keys(), ...changes.accounts.keys()])) {
    const change = changes.accounts.get(address);
    const account = change === undefined ? before.get(address) : change.account;
    if (account === undefined) continue;
    const storage = new Map(change?.storageCleared === true ? [] : scene.accounts.get(address)?.storage);
    for (const [slot, value] of change?.storage ?? []) storage.set(slot, value);
    after.set(address, { ...account, storageRoot: storageRoot(storage) });
  }
  return after;
}

function storageRoot(storage: ReadonlyMap<Hex, Hex>): Hex {
  const leaves = [...storage]
    .filter(([, value]) => BigInt(value) !== ZERO)
    .map(
      ([slot, value]) =>
        [keccak256(hexToBytes(slot)), encodeRlp(trimLeadingZeros(hexToBytes(value)))] as const,
    );
  return bytesToHex(emptyTrie.update(leaves).root());
}

function stateRoot(accounts: ReadonlyMap<Hex, AccountAfter>): Hex {
  const leaves = [...accounts].map(([address, account]) => {
    const { nonce, balance, storageRoot: root, codeHash } = account;
    const fields = [rlpFromUint(nonce), rlpFromUint(balance), hexToBytes(root), hexToBytes(codeHash)];
    return [keccak256(hexToBytes(address)), encodeRlp(fields)] as const;
  });
  return bytesToHex(emptyTrie.update(leaves).root());
}
