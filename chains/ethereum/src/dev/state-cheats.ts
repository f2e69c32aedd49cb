import type { Hex } from '@ninefold/base';
import type { MethodTable } from '@ninefold/rpc';
import { boolean } from '@ninefold/rpc';
import { invalidParams, serverError } from '../api/errors.ts';
import { address, bytes, looseUint, looseUint64, slot } from '../api/values.ts';
import type { EthereumNode } from '../node.ts';
import { alias, bilingual, setter } from './dialect.ts';
import { findTokenSlot } from './token-slots.ts';

const MAX_BALANCE = (1n << 256n) - 1n;

/** Cheats that change accounts as if it had always been so, and who may send from them. */
export function stateCheats(node: EthereumNode): MethodTable {
  const { accounts } = node;
  const setStorage = (address: Hex, slot: Hex, value: Hex): void =>
    node.amend(address, { stateDiff: new Map([[slot, value]]) });
  const balanceOf = (address: Hex): bigint => node.view('latest').account(address)?.balance ?? 0n;

  return {
    ...setter(
      node,
      ['anvil_setBalance', 'hardhat_setBalance', 'tenderly_setBalance', 'evm_setAccountBalance'],
      [address, looseUint],
      ([address, balance]) => node.amend(address, { balance }),
    ),
    ...setter(
      node,
      ['anvil_addBalance', 'hardhat_addBalance', 'tenderly_addBalance'],
      [address, looseUint],
      ([address, amount]) => {
        const balance = balanceOf(address) + amount;
        if (balance > MAX_BALANCE) throw invalidParams('balance > 256 bits');
        node.amend(address, { balance });
      },
    ),
    ...setter(
      node,
      ['anvil_setCode', 'hardhat_setCode', 'evm_setAccountCode'],
      [address, bytes],
      ([address, code]) => node.amend(address, { code }),
    ),
    ...setter(
      node,
      ['anvil_setNonce', 'hardhat_setNonce', 'evm_setAccountNonce'],
      [address, looseUint64],
      ([address, nonce]) => node.amend(address, { nonce }),
    ),
    // The one setter to which anvil, too, answers `true`.
    ...alias(
      ['anvil_setStorageAt', 'hardhat_setStorageAt', 'evm_setAccountStorageAt'],
      [address, slot, slot],
      ([address, slot, value]) => {
        setStorage(address, slot, value);
        return true;
      },
    ),
    ...setter(
      node,
      ['anvil_dealERC20', 'hardhat_dealERC20', 'anvil_setERC20Balance', 'tenderly_setErc20Balance'],
      [address, address, looseUint],
      ([owner, token, amount]) => {
        const found = findTokenSlot(node, token, { kind: 'balance', owner });
        if (found === undefined) throw serverError(`no storage slot holds the balance of ${token}`);
        setStorage(found.address, found.slot, wordOf(amount));
      },
    ),
    ...setter(
      node,
      ['anvil_setERC20Allowance', 'hardhat_setERC20Allowance'],
      [address, address, address, looseUint],
      ([owner, spender, token, amount]) => {
        const found = findTokenSlot(node, token, { kind: 'allowance', owner, spender });
        if (found === undefined) throw serverError(`no storage slot holds the allowance of ${token}`);
        setStorage(found.address, found.slot, wordOf(amount));
      },
    ),
    ...setter(node, ['anvil_impersonateAccount', 'hardhat_impersonateAccount'], [address], ([address]) =>
      accounts.impersonate(address),
    ),
    ...bilingual(
      node,
      ['anvil_stopImpersonatingAccount', 'hardhat_stopImpersonatingAccount'],
      [address],
      ([address]) => accounts.stopImpersonating(address),
      { anvil: () => null, hardhat: (was) => was },
    ),
    ...setter(
      node,
      ['anvil_autoImpersonateAccount', 'hardhat_autoImpersonateAccount'],
      [boolean],
      ([enabled]) => accounts.impersonateAll(enabled),
    ),
  };
}

function wordOf(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
