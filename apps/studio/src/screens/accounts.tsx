import type { Account } from '@ninefold/studio-api';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { client, heads, netOf } from '../store.ts';
import { grouped, money, plain } from '../ui/format.ts';
import { Button, Copy, EntityLink, NetMark } from '../ui/pieces.tsx';
import { Await, Empty, useResource } from '../ui/states.tsx';
import { toast, toastError } from '../ui/toast.tsx';

const LONGEST_AMOUNT = 12;

/** The keys everybody knows, and a faucet for them. */
export function AccountsScreen(): JSX.Element {
  const resource = useResource('accounts', () => client().request('ninefold_accounts', {}), heads.value);
  const [amount, setAmount] = useState('100');
  const isAmount = /^\d{1,9}(\.\d{1,6})?$/.test(amount);
  const give = (accounts: readonly Account[]): void => {
    if (!isAmount) return;
    const [whole = '0', fraction = ''] = amount.split('.');
    const wei = `${whole}${fraction.padEnd(18, '0')}`.replace(/^0+(?=\d)/, '');
    Promise.all(
      accounts.map(({ ref }) =>
        client().request('ninefold_faucet', { net: ref.net, to: ref.id, amount: wei }),
      ),
    )
      .then(() => {
        toast(
          `${amount} ETH for ${accounts.length === 1 ? (accounts[0]?.ref.name ?? 'the account') : 'all accounts'}`,
        );
        resource.reload();
      })
      .catch(toastError);
  };
  return (
    <div class="screen" data-scroll>
      <div class="title-row">
        <div>
          <h1>Public test keys, ready to send</h1>
          <p class="warn-text">Everybody knows these keys: never send them anything of value.</p>
        </div>
        <div class="actions">
          <label class="inline-field">
            <span>Faucet amount</span>
            <input
              class={isAmount ? 'input short' : 'input short wrong'}
              type="text"
              inputMode="decimal"
              value={amount}
              maxLength={LONGEST_AMOUNT}
              aria-invalid={!isAmount}
              onInput={(event) => setAmount(event.currentTarget.value)}
            />
            <span>ETH</span>
          </label>
          <Button icon="droplet" disabled={!isAmount} onClick={() => give(resource.value ?? [])}>
            Faucet all
          </Button>
        </div>
      </div>
      <Await resource={resource} what="The accounts" rows={10}>
        {(accounts) =>
          accounts.length === 0 ? (
            <Empty title="This node holds no accounts" />
          ) : (
            <div class="card">
              <table class="plain-table accounts">
                <caption class="hidden">Test accounts</caption>
                <thead>
                  <tr>
                    <th scope="col">Account</th>
                    <th scope="col">Path</th>
                    <th scope="col">Address</th>
                    <th scope="col" class="right">
                      Balance
                    </th>
                    <th scope="col" class="right">
                      Nonce
                    </th>
                    <th scope="col">
                      <span class="hidden">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {accounts.map((account) => (
                    <AccountRow
                      key={account.ref.id}
                      account={account}
                      onFaucet={() => give([account])}
                      canGive={isAmount}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Await>
    </div>
  );
}

function AccountRow(props: {
  readonly account: Account;
  readonly onFaucet: () => void;
  readonly canGive: boolean;
}): JSX.Element {
  const { account, onFaucet, canGive } = props;
  const { ref, path, balance, nonce, key } = account;
  const asset = netOf(ref.net)?.units.money ?? { symbol: '', decimals: 0 };
  return (
    <tr>
      <th scope="row">
        <NetMark net={ref.net} /> {plain(ref.name ?? '', 40)}
      </th>
      <td class="mono quiet-text">{plain(path, 60)}</td>
      <td class="mono">
        <EntityLink entity={ref} full /> <Copy value={ref.id} what="the address" />
      </td>
      <td class="mono right">{money(balance, asset, 4)}</td>
      <td class="mono right">{grouped(nonce)}</td>
      <td>
        <span class="actions">
          <Button icon="droplet" onClick={onFaucet} disabled={!canGive}>
            Faucet
          </Button>
          {key !== undefined && (
            <span class="key-copy">
              Key <Copy value={key} what="the private key" />
            </span>
          )}
        </span>
      </td>
    </tr>
  );
}
