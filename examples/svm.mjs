// Solana programs without a chain: accounts, a signed transaction, what it costs and leaves.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createSvm, createTransaction, encodeMessage } from 'ninefold/solana';
import { addressBytes } from 'ninefold/svm';

const SYSTEM = new Uint8Array(32); // 11111111111111111111111111111111
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const alice = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'));
const bob = new Uint8Array(32).fill(7);

const svm = createSvm();
svm.airdrop(alice, 1_000_000_000n);
svm.airdrop(bob, 1_000_000_000n);

const lamports = new Uint8Array(BigUint64Array.of(250_000_000n).buffer);
const message = {
  version: 'legacy',
  header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 1 },
  keys: [alice, bob, SYSTEM],
  blockhash: addressBytes(svm.latestBlockhash()),
  instructions: [{ program: 2, accounts: Uint8Array.of(0, 1), data: Uint8Array.of(2, 0, 0, 0, ...lamports) }],
};
const signature = new Uint8Array(sign(null, encodeMessage(message), privateKey));
const result = svm.sendTransaction(createTransaction(message, [signature]));

console.log('error', result.error ?? 'none');
console.log('units', result.units, 'fee', result.fee);
console.log('alice', svm.getBalance(alice), 'bob', svm.getBalance(bob));
