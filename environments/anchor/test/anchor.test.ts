import { AnchorProvider, BN, EventParser, Native, Program, Wallet } from '@coral-xyz/anchor';
import { attachWeb3, createWeb3Fetch } from 'ninefold/solana';
import { createNode, type Node } from 'ninefold';
import { Connection, Keypair, PublicKey, SystemProgram } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '@ninefold/environment-kit';

const SOL = 1_000_000_000;
const DISCRIMINATOR = [1, 2, 3, 4, 5, 6, 7, 8];
const PROGRAM_ID = new PublicKey('Echo111111111111111111111111111111111111111');

/** A program whose only instruction is told as the event of the same fields. */
const IDL = {
  address: PROGRAM_ID.toBase58(),
  metadata: { name: 'echo', version: '0.1.0', spec: '0.1.0' },
  instructions: [
    {
      name: 'say',
      discriminator: DISCRIMINATOR,
      accounts: [{ name: 'speaker', signer: true }],
      args: [
        { name: 'amount', type: 'u64' },
        { name: 'text', type: 'string' },
      ],
    },
  ],
  accounts: [{ name: 'Counter', discriminator: DISCRIMINATOR }],
  events: [{ name: 'Said', discriminator: DISCRIMINATOR }],
  types: [
    {
      name: 'Said',
      type: {
        kind: 'struct',
        fields: [
          { name: 'amount', type: 'u64' },
          { name: 'text', type: 'string' },
        ],
      },
    },
    { name: 'Counter', type: { kind: 'struct', fields: [{ name: 'count', type: 'u64' }] } },
  ],
} as const;

type World = { readonly node: Node<'solana'>; readonly provider: AnchorProvider };

/** As much of a call as the tests use: an IDL that is no constant gives no types. */
type Call = { readonly accounts: (accounts: object) => { readonly rpc: () => Promise<string> } };

type EchoProgram = {
  readonly coder: ConstructorParameters<typeof EventParser>[1];
  readonly methods: { readonly say: (amount: BN, text: string) => Call };
  readonly account: {
    readonly counter: {
      readonly fetch: (key: PublicKey) => Promise<{ readonly count: BN }>;
      readonly all: () => Promise<readonly { readonly publicKey: PublicKey }[]>;
    };
  };
  readonly addEventListener: (name: string, listener: (event: { readonly text: string }) => void) => number;
  readonly removeEventListener: (id: number) => Promise<void>;
};

const echoProgram = (provider: AnchorProvider): EchoProgram =>
  new Program(IDL as never, provider) as unknown as EchoProgram;

async function openWorld(transport: string): Promise<World> {
  const node = await createNode({
    chains: { solana: { slotMs: 0, programs: [{ address: PROGRAM_ID.toBase58(), file: ECHO }] } },
  });
  const payer = Keypair.generate();
  let connection: Connection;
  if (transport === 'in process') {
    connection = new Connection('http://in.process', {
      commitment: 'confirmed',
      fetch: createWeb3Fetch(node.solana) as never,
    });
    attachWeb3(connection, node.solana);
  } else connection = new Connection((await node.listen({ port: 0 })).solana.http, 'confirmed');
  node.solana.airdrop(payer.publicKey.toBase58(), BigInt(100 * SOL));
  return { node, provider: new AnchorProvider(connection, new Wallet(payer), { commitment: 'confirmed' }) };
}

describe.each(['HTTP and WebSocket', 'in process'])('anchor %s', (transport) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(transport);
  });
  afterAll(() => world.node.close());

  it('calls a program and reads its events', async () => {
    const { provider } = world;
    const program = echoProgram(provider);
    const signature: string = await program.methods
      .say(new BN('18446744073709551615'), 'hello')
      .accounts({ speaker: provider.wallet.publicKey })
      .rpc();
    const found = await provider.connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    const parser = new EventParser(PROGRAM_ID, program.coder);
    const [event] = [...parser.parseLogs(found!.meta!.logMessages!)];
    expect(event!.name).toBe('said');
    expect(event!.data['amount'].toString()).toBe('18446744073709551615');
    expect(event!.data['text']).toBe('hello');
  });

  it('hears of events', async () => {
    const { provider } = world;
    const program = echoProgram(provider);
    const heard: string[] = [];
    const id = program.addEventListener('said', (event) => heard.push(event.text));
    for (let i = 0; i < 200 && heard.length === 0; i++) {
      await program.methods
        .say(new BN(i), `number ${i}`)
        .accounts({ speaker: provider.wallet.publicKey })
        .rpc();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(heard[0]).toMatch(/^number \d+$/);
    await program.removeEventListener(id);
  });

  it('finds and decodes accounts', async () => {
    const { provider, node } = world;
    const program = echoProgram(provider);
    const data = Uint8Array.of(...DISCRIMINATOR, 42, 0, 0, 0, 0, 0, 0, 0);
    const key = Keypair.generate().publicKey;
    node.solana.setAccount(key.toBase58(), {
      lamports: BigInt(SOL),
      data,
      owner: PROGRAM_ID.toBytes(),
      isExecutable: false,
      rentEpoch: 0n,
    });
    expect((await program.account.counter.fetch(key)).count.toNumber()).toBe(42);
    const all = await program.account.counter.all();
    expect(all.map((each) => each.publicKey.toBase58())).toEqual([key.toBase58()]);
  });

  it('knows the system program', async () => {
    const { provider } = world;
    const to = Keypair.generate();
    const program = Native.system(provider);
    await program.methods
      .createAccount(new BN(SOL), new BN(0), SystemProgram.programId)
      .accounts({ from: provider.wallet.publicKey, to: to.publicKey })
      .signers([to])
      .rpc();
    expect(await provider.connection.getBalance(to.publicKey)).toBe(SOL);
    await program.methods
      .transfer(new BN(SOL))
      .accounts({ from: provider.wallet.publicKey, to: to.publicKey })
      .rpc();
    expect(await provider.connection.getBalance(to.publicKey)).toBe(2 * SOL);
  });

  it('simulates and tells errors', async () => {
    const { provider } = world;
    const to = Keypair.generate().publicKey;
    const program = Native.system(provider);
    const call = program.methods
      .transfer(new BN(1000 * SOL))
      .accounts({ from: provider.wallet.publicKey, to });
    await expect(call.rpc()).rejects.toThrow(/custom program error: 0x1/);
    await expect(call.simulate()).rejects.toThrow();
  });
});
