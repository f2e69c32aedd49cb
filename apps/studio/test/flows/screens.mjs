// Every screen, as a place and what it needs to be full.

/** Name -> path; `id` is the failing transaction of the sample. */
export function screens(id, step = 1558) {
  const tx = `/n/ethereum/t/${id}`;
  return {
    networks: '/',
    network: '/n/ethereum',
    blocks: '/blocks',
    transactions: '/txs',
    block: '/n/ethereum/b/7',
    transaction: tx,
    calls: `${tx}?tab=calls`,
    state: `/n/ethereum/b/6?tab=state`,
    events: `${tx}?tab=events`,
    cost: `${tx}?tab=cost`,
    raw: `${tx}?tab=raw`,
    debugger: `${tx}/debug?s=${step}`,
    contract: '/n/ethereum/a/0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512?tab=state',
    accounts: '/accounts',
    settings: '/settings',
    keys: '/keys',
  };
}

/** Screens with nothing to show, and with something that is not there. */
export const EMPTY_SCREENS = {
  networks: '/',
  network: '/n/ethereum',
  blocks: '/blocks',
  transactions: '/txs',
  block: '/n/ethereum/b/0',
  account: '/n/ethereum/a/0x0000000000000000000000000000000000000aaa?tab=history',
};

export const ERROR_SCREENS = {
  transaction: `/n/ethereum/t/0x${'ab'.repeat(32)}`,
  debugger: `/n/ethereum/t/0x${'ab'.repeat(32)}/debug`,
  block: '/n/ethereum/b/99999',
  account: '/n/ethereum/a/0x12',
  network: '/n/nowhere',
  unknown: '/no/such/place',
};
