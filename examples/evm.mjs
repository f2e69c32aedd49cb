// The machine alone: a transaction on accounts in a map, without a chain.
import { createEvm } from 'ninefold';

const EMPTY_CODE = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
const CODE_HASH = `0x${'c0'.repeat(32)}`; // the view looks code up by it; nobody else does
const caller = `0x${'aa'.repeat(20)}`;
const contract = `0x${'bb'.repeat(20)}`;
// Returns the sum of the two words of its calldata.
const code = Uint8Array.from(Buffer.from('600035602035016000526020 6000f3'.replace(' ', ''), 'hex'));

const accounts = new Map([
  [caller, { nonce: 0n, balance: 10n ** 18n, codeHash: EMPTY_CODE }],
  [contract, { nonce: 1n, balance: 0n, codeHash: CODE_HASH }],
]);
const view = {
  account: (address) => accounts.get(address),
  storage: () => undefined,
  hasStorage: () => false,
  code: (hash) => (hash === CODE_HASH ? code : new Uint8Array(0)),
  blockHash: () => undefined,
};
const block = {
  chainId: 1n,
  number: 1n,
  timestamp: 1_700_000_000n,
  gasLimit: 30_000_000n,
  coinbase: `0x${'00'.repeat(20)}`,
  difficulty: 0n,
  prevRandao: `0x${'00'.repeat(32)}`,
  baseFee: 0n,
  blobBaseFee: 1n,
  slotNumber: 0n,
};
const word = (value) => value.toString(16).padStart(64, '0');
const transaction = {
  type: 0,
  from: caller,
  to: contract,
  nonce: 0n,
  gasLimit: 100_000n,
  maxFeePerGas: 0n,
  maxPriorityFeePerGas: 0n,
  value: 0n,
  data: Uint8Array.from(Buffer.from(word(40n) + word(2n), 'hex')),
};

const outcome = createEvm({ fork: 'osaka' }).transact(transaction, block, view);
console.log('status', outcome.status);
console.log('sum', outcome.output[31]);
console.log('gas', outcome.gasUsed.toString());
