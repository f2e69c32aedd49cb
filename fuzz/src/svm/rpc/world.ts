import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { type Bytes, bytesToBase64, createLogger, manualClock } from '@ninefold/base';
import {
  createSolanaChain,
  createTransaction,
  encodeMessage,
  encodeTransaction,
  type Message,
  NATIVE_MINT,
  type SolanaChain,
} from '@ninefold/chain-solana';
import { addressBytes, PROGRAM, SYSVAR, toBase58 } from '@ninefold/vm-svm';

/** Slots of an epoch: few, so that leader schedules are short. */
const SLOTS_PER_EPOCH = 64;

const SOL = 1_000_000_000n;
const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

/** A key that signs. */
export type Signer = { readonly address: Bytes; readonly sign: (message: Bytes) => Bytes };

/** What stands before the 32 bytes of an ed25519 key in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key that follows from a name, so that equal seeds give equal bodies. */
function createSigner(name: string): Signer {
  const secret = createHash('sha256').update(name).digest();
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, secret]), format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return {
    address: new Uint8Array(Buffer.from(x as string, 'base64url')),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

/** The chain's time stands still: 2027. */
const NOW_MS = 1_800_000_000_000;

/** A chain that things have happened on, and what can be asked of it. */
export type World = {
  readonly chain: SolanaChain;
  /** Pays for what is sent; nobody else knows the second one, who has to be able to pay in the end. */
  readonly payer: Signer;
  readonly witness: Signer;
  readonly addresses: readonly string[];
  readonly signatures: readonly string[];
  /** Bugs that the node has met, as its log tells them. */
  readonly bugs: string[];
};

/** The bytes of a message by which `from` sends lamports. */
export function transferMessage(from: Bytes, to: Bytes, lamports: bigint, blockhash: Bytes): Message {
  const amount = new Uint8Array(BigUint64Array.of(lamports).buffer);
  return {
    version: 'legacy',
    header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 1 },
    keys: [from, to, addressBytes(PROGRAM.system)],
    blockhash,
    instructions: [{ program: 2, accounts: Uint8Array.of(0, 1), data: Uint8Array.of(2, 0, 0, 0, ...amount) }],
  };
}

/** A signed transfer on the wire, base64. */
export function signedTransfer(from: Signer, to: Bytes, lamports: bigint, blockhash: Bytes): string {
  const message = transferMessage(from.address, to, lamports, blockhash);
  return bytesToBase64(encodeTransaction(createTransaction(message, [from.sign(encodeMessage(message))])));
}

/** Makes the chain: lamports, a token account, a few slots. */
export async function openWorld(): Promise<World> {
  const bugs: string[] = [];
  const logger = createLogger({
    level: 'error',
    sink: ({ message, fields }) => {
      const { error } = fields;
      bugs.push(`${message}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    },
  });
  const clock = manualClock(NOW_MS);
  const chain = await createSolanaChain({ slotMs: 0, slotsPerEpoch: SLOTS_PER_EPOCH, logger, clock });
  const [payer, witness] = [createSigner('payer'), createSigner('witness')];
  const signatures = [payer, witness].map(({ address }) => chain.airdrop(toBase58(address), 1000n * SOL));
  const wallet = toBase58(payer.address);
  await chain.request({
    method: 'surfnet_setTokenAccount',
    params: [wallet, NATIVE_MINT, { amount: 1000 }],
  });
  const owned = (await chain.request({
    method: 'getTokenAccountsByOwner',
    params: [wallet, { mint: NATIVE_MINT }, { encoding: 'base64' }],
  })) as { readonly value: readonly { readonly pubkey: string }[] };
  const votes = (await chain.request({ method: 'getVoteAccounts' })) as {
    readonly current: readonly { readonly votePubkey: string; readonly nodePubkey: string }[];
  };
  const addresses = [
    wallet,
    NATIVE_MINT,
    TOKEN_PROGRAM,
    PROGRAM.system,
    PROGRAM.vote,
    SYSVAR.clock,
    SYSVAR.slotHashes,
    SYSVAR.rent,
    ...owned.value.map(({ pubkey }) => pubkey),
    ...votes.current.flatMap(({ votePubkey, nodePubkey }) => [votePubkey, nodePubkey]),
    'Stake11111111111111111111111111111111111111',
  ];
  return { chain, payer, witness, addresses, signatures, bugs };
}

/**
 * What is wrong with a plain transfer on `chain`; `undefined` when nothing is.
 *
 * @param resets whether the chain is reset before: cheats may have left nothing to transfer
 */
export async function transferProblem(
  chain: SolanaChain,
  from: Signer,
  resets: boolean,
): Promise<string | undefined> {
  const to = createSigner('receiver').address;
  try {
    if (resets) {
      await chain.request({ method: 'surfnet_resetNetwork' });
      await chain.request({ method: 'surfnet_resumeClock' });
    }
    const { value } = (await chain.request({ method: 'getLatestBlockhash' })) as {
      readonly value: { readonly blockhash: string };
    };
    const wire = signedTransfer(from, to, SOL, addressBytes(value.blockhash));
    await chain.request({ method: 'sendTransaction', params: [wire, { encoding: 'base64' }] });
    const balance = (await chain.request({ method: 'getBalance', params: [toBase58(to)] })) as {
      readonly value: bigint | number;
    };
    return BigInt(balance.value) === SOL ? undefined : `the receiver has ${balance.value} lamports`;
  } catch (error) {
    return `a plain transfer fails: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}
