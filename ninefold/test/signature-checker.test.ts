import { generateKeyPairSync, sign } from 'node:crypto';
import {
  createSvm,
  createTransaction,
  encodeMessage,
  type Message,
  type Transaction,
} from '@ninefold/chain-solana';
import { addressBytes, PROGRAM } from '@ninefold/vm-svm';
import { afterEach, describe, expect, it } from 'vitest';
import { createSignatureChecker, type SignatureChecker } from '../src/signature-checker.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const payer = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'));

function transfer(lamports: number, blockhash: Uint8Array, isForged = false): Transaction {
  const message: Message = {
    version: 'legacy',
    header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 1 },
    keys: [payer, new Uint8Array(32).fill(7), addressBytes(PROGRAM.system)],
    blockhash,
    instructions: [
      {
        program: 2,
        accounts: Uint8Array.of(0, 1),
        data: Uint8Array.from([2, 0, 0, 0, ...new Uint8Array(BigUint64Array.of(BigInt(lamports)).buffer)]),
      },
    ],
  };
  const signature = new Uint8Array(sign(null, encodeMessage(message), privateKey));
  if (isForged) signature[40] = (signature[40] as number) ^ 1;
  return createTransaction(message, [signature]);
}

let checker: SignatureChecker | undefined;
afterEach(async () => {
  await checker?.close();
  checker = undefined;
});

describe.each([0, 1, 2])('a checker with %d threads', (threads) => {
  it('finds what is signed and what is forged', () => {
    const made = (checker = createSignatureChecker({ threads }));
    const svm = createSvm({ verify: made.verify });
    svm.airdrop(payer, 10n ** 12n);
    svm.airdrop(new Uint8Array(32).fill(7), 10n ** 9n);
    const blockhash = addressBytes(svm.latestBlockhash());
    const transactions = Array.from({ length: 60 }, (_, i) => transfer(i + 1, blockhash, i % 5 === 3));
    made.ahead(transactions);
    const errors = transactions.map((transaction) => svm.sendTransaction(transaction).error);
    expect(errors).toEqual(transactions.map((_, i) => (i % 5 === 3 ? 'SignatureFailure' : undefined)));
  });

  it('takes no answer for another message or key', () => {
    const made = (checker = createSignatureChecker({ threads }));
    const transaction = transfer(1, new Uint8Array(32));
    const [signature] = transaction.signatures as readonly [Uint8Array];
    made.ahead([transaction]);
    expect(made.verify(signature, new Uint8Array(3), payer)).toBe(false);
    expect(made.verify(signature, transaction.messageBytes, new Uint8Array(32).fill(9))).toBe(false);
    expect(made.verify(signature, transaction.messageBytes, payer)).toBe(true);
    expect(made.verify(signature, transaction.messageBytes, payer)).toBe(true);
  });

  it('answers in any order, more than once, and for signatures that it was not told of', () => {
    const made = (checker = createSignatureChecker({ threads }));
    const transactions = Array.from({ length: 24 }, (_, i) => transfer(i, new Uint8Array(32), i % 3 === 1));
    made.ahead(transactions.slice(0, 10));
    made.ahead(transactions.slice(10, 20));
    const order = [0, 1, 5, 4, 12, 11, 3, 19, 19, 9, 9, 22, 2, 6, 7, 8, 0, 10, 23, 13, 18, 14, 1];
    for (const i of order) {
      const { signatures, messageBytes, message } = transactions[i]!;
      expect(made.verify(signatures[0]!, messageBytes, message.keys[0]!)).toBe(i % 3 !== 1);
    }
  });

  it('answers for what was told long ago and never asked for', () => {
    const made = (checker = createSignatureChecker({ threads }));
    const jobs = Array.from({ length: 40 }, (_, i) => [
      transfer(i, new Uint8Array(32), i % 2 === 1),
      transfer(i + 100, new Uint8Array(32)),
    ]);
    for (const job of jobs) made.ahead(job);
    for (const [i, [first]] of jobs.entries()) {
      const { signatures, messageBytes, message } = first!;
      expect(made.verify(signatures[0]!, messageBytes, message.keys[0]!)).toBe(i % 2 === 0);
    }
  });

  it('may be told of nothing', () => {
    const made = (checker = createSignatureChecker({ threads }));
    made.ahead([]);
    const { signatures, messageBytes, message } = transfer(1, new Uint8Array(32));
    expect(made.verify(signatures[0]!, messageBytes, message.keys[0]!)).toBe(true);
  });

  it('still answers when it is closed', async () => {
    const made = createSignatureChecker({ threads });
    const transactions = Array.from({ length: 20 }, (_, i) => transfer(i, new Uint8Array(32)));
    made.ahead(transactions);
    await made.close();
    for (const { signatures, messageBytes, message } of transactions)
      expect(made.verify(signatures[0]!, messageBytes, message.keys[0]!)).toBe(true);
    made.ahead(transactions);
  });
});
