import {
  BPF_LOADER_PROGRAM_ID,
  type Connection,
  Keypair,
  PublicKey,
  sendAndConfirmTransaction,
  SystemProgram,
  SYSVAR_CLOCK_PUBKEY,
  SYSVAR_RENT_PUBKEY,
  Transaction,
  TransactionInstruction,
} from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO, refusing } from '@ninefold/environment-kit';
import { openWorld, rich, TRANSPORTS, type World } from './support.ts';

const LOADER = new PublicKey('BPFLoaderUpgradeab1e11111111111111111111111');

const BUFFER_HEADER = 37;
const PROGRAM_BYTES = 36;
const CHUNK = 200;

type Meta = readonly [key: PublicKey, rights: string];

function instruction(data: Buffer, ...metas: readonly Meta[]): TransactionInstruction {
  const keys = metas.map(([pubkey, rights]) => ({
    pubkey,
    isSigner: rights.includes('s'),
    isWritable: rights.includes('w'),
  }));
  return new TransactionInstruction({ programId: LOADER, keys, data });
}

function tag(number: number, ...rest: readonly Buffer[]): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return Buffer.concat([bytes, ...rest]);
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

const programDataOf = (program: PublicKey): PublicKey =>
  PublicKey.findProgramAddressSync([program.toBuffer()], LOADER)[0];

const send = (
  connection: Connection,
  payer: Keypair,
  signers: readonly Keypair[],
  ...instructions: readonly TransactionInstruction[]
): Promise<string> =>
  sendAndConfirmTransaction(connection, new Transaction().add(...instructions), [payer, ...signers]);

/** Writes a file into a new buffer, as the command line tools do. */
async function writeBuffer(connection: Connection, payer: Keypair, file: Uint8Array): Promise<PublicKey> {
  const buffer = Keypair.generate();
  const space = BUFFER_HEADER + file.length;
  const create = SystemProgram.createAccount({
    fromPubkey: payer.publicKey,
    newAccountPubkey: buffer.publicKey,
    lamports: await connection.getMinimumBalanceForRentExemption(space),
    space,
    programId: LOADER,
  });
  const initialize = instruction(tag(0), [buffer.publicKey, 'w'], [payer.publicKey, '']);
  await send(connection, payer, [buffer], create, initialize);
  for (let at = 0; at < file.length; at += CHUNK) {
    const chunk = Buffer.from(file.subarray(at, at + CHUNK));
    const data = tag(1, u32(at), u64(chunk.length), chunk);
    await send(connection, payer, [], instruction(data, [buffer.publicKey, 'w'], [payer.publicKey, 's']));
  }
  return buffer.publicKey;
}

describe.each(TRANSPORTS)('programs %s', (transport) => {
  let world: World;
  let payer: Keypair;
  const program = Keypair.generate();
  const id = program.publicKey;
  const programData = programDataOf(id);

  beforeAll(async () => {
    world = await openWorld(transport);
    payer = await rich(world);
  });
  afterAll(() => world.close());

  const call = (data: string): Promise<string> =>
    send(
      world.connection,
      payer,
      [],
      new TransactionInstruction({ programId: id, keys: [], data: Buffer.from(data) }),
    );

  it('deploys', async () => {
    const { connection } = world;
    const buffer = await writeBuffer(connection, payer, ECHO);
    expect((await connection.getParsedAccountInfo(buffer)).value?.data).toMatchObject({
      program: 'bpf-upgradeable-loader',
      parsed: { type: 'buffer', info: { authority: payer.publicKey.toBase58() } },
    });
    const create = SystemProgram.createAccount({
      fromPubkey: payer.publicKey,
      newAccountPubkey: id,
      lamports: await connection.getMinimumBalanceForRentExemption(PROGRAM_BYTES),
      space: PROGRAM_BYTES,
      programId: LOADER,
    });
    const deploy = instruction(
      tag(2, u64(2 * ECHO.length)),
      [payer.publicKey, 'sw'],
      [programData, 'w'],
      [id, 'w'],
      [buffer, 'w'],
      [SYSVAR_RENT_PUBKEY, ''],
      [SYSVAR_CLOCK_PUBKEY, ''],
      [SystemProgram.programId, ''],
      [payer.publicKey, 's'],
    );
    await send(connection, payer, [program], create, deploy);
    const account = await connection.getAccountInfo(id);
    expect(account?.executable).toBe(true);
    expect(account?.owner.equals(LOADER)).toBe(true);
    expect(await connection.getAccountInfo(buffer)).toBe(null);
    const found = await connection.getTransaction(await call('hello'), { maxSupportedTransactionVersion: 0 });
    expect(found?.meta?.logMessages).toContain(`Program data: ${Buffer.from('hello').toString('base64')}`);
  });

  it('upgrades', async () => {
    const { connection } = world;
    const buffer = await writeBuffer(connection, payer, refusing(42));
    const upgrade = instruction(
      tag(3),
      [programData, 'w'],
      [id, 'w'],
      [buffer, 'w'],
      [payer.publicKey, 'w'],
      [SYSVAR_RENT_PUBKEY, ''],
      [SYSVAR_CLOCK_PUBKEY, ''],
      [payer.publicKey, 's'],
    );
    const signature = await send(connection, payer, [], upgrade);
    await expect(call('hello')).rejects.toThrow(/custom program error: 0x2a/);
    const parsed = await connection.getParsedTransaction(signature);
    expect(parsed?.transaction.message.instructions[0]).toMatchObject({
      program: 'bpf-upgradeable-loader',
      parsed: { type: 'upgrade', info: { programAccount: id.toBase58() } },
    });
  });

  it('refuses what is no program', async () => {
    const { connection } = world;
    const buffer = await writeBuffer(connection, payer, new Uint8Array(64).fill(7));
    const upgrade = instruction(
      tag(3),
      [programData, 'w'],
      [id, 'w'],
      [buffer, 'w'],
      [payer.publicKey, 'w'],
      [SYSVAR_RENT_PUBKEY, ''],
      [SYSVAR_CLOCK_PUBKEY, ''],
      [payer.publicKey, 's'],
    );
    await expect(send(connection, payer, [], upgrade)).rejects.toThrow(
      /invalid account data for instruction/,
    );
  });

  it('hands programs over and closes them', async () => {
    const { connection } = world;
    const next = await rich(world);
    await send(
      connection,
      payer,
      [],
      instruction(tag(4), [programData, 'w'], [payer.publicKey, 's'], [next.publicKey, '']),
    );
    expect((await connection.getParsedAccountInfo(programData)).value?.data).toMatchObject({
      parsed: { type: 'programData', info: { authority: next.publicKey.toBase58() } },
    });
    const before = await connection.getBalance(next.publicKey);
    const held = await connection.getBalance(programData);
    await send(
      connection,
      next,
      [],
      instruction(tag(5), [programData, 'w'], [next.publicKey, 'w'], [next.publicKey, 's'], [id, 'w']),
    );
    expect(await connection.getBalance(next.publicKey)).toBe(before + held - 5000);
    await expect(call('hello')).rejects.toThrow(/Unsupported program id/);
  });

  it('finds programs by filters', async () => {
    const { connection } = world;
    await writeBuffer(connection, payer, ECHO);
    const buffers = await connection.getProgramAccounts(LOADER, {
      filters: [
        { memcmp: { offset: 5, bytes: payer.publicKey.toBase58() } },
        { dataSize: BUFFER_HEADER + ECHO.length },
      ],
      dataSlice: { offset: 0, length: BUFFER_HEADER },
    });
    expect(buffers).toHaveLength(1);
    expect(buffers[0]!.account.data).toHaveLength(BUFFER_HEADER);
    const all = await connection.getProgramAccounts(LOADER, { withContext: true });
    expect(all.context.slot).toBe(await connection.getSlot());
    expect(all.value.length).toBeGreaterThan(8);
    expect(BPF_LOADER_PROGRAM_ID.toBase58()).toBe('BPFLoader2111111111111111111111111111111111');
  });
});
