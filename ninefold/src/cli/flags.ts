import type { ForkName } from '@ninefold/vm-evm';

// Type only: the command line must not load the machine before it needs it. A test compares.
export const HARDFORKS: readonly ForkName[] = [
  'frontier',
  'homestead',
  'tangerineWhistle',
  'spuriousDragon',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'berlin',
  'london',
  'paris',
  'shanghai',
  'cancun',
  'prague',
  'osaka',
  'bpo1',
  'bpo2',
  'bpo3',
  'bpo4',
  'amsterdam',
];

export type FlagKind =
  | 'boolean'
  | 'count'
  | 'string'
  | 'integer'
  | 'bigint'
  | 'ether'
  | 'seconds'
  | 'list'
  | 'fork';

export type FlagGroup =
  | 'Server'
  | 'Chain'
  | 'Mining'
  | 'Accounts'
  | 'State'
  | 'Program'
  | 'Proof'
  | 'Dispute'
  | 'Output'
  | 'General';

export type CommandName = 'start' | 'run' | 'trace' | 'prove' | 'verify' | 'bitvm' | 'doctor' | 'completion';

/** One flag; environment variable, configuration key, help and completion follow from it. */
export type Flag = {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  readonly kind: FlagKind;
  readonly placeholder?: string;
  readonly group: FlagGroup;
  readonly commands: readonly CommandName[];
  /** What help says it is by default. */
  readonly shownDefault?: string;
  readonly min?: number;
  readonly max?: number;
  /** Only on the command line: no variable, no configuration key. */
  readonly commandLineOnly?: boolean;
  /** Completed with file names. */
  readonly file?: boolean;
  readonly help: string;
};

const EVERYWHERE: readonly CommandName[] = [
  'start',
  'run',
  'trace',
  'prove',
  'verify',
  'bitvm',
  'doctor',
  'completion',
];

/** All flags of all commands, in the order help shows them. */
export const FLAGS: readonly Flag[] = [
  {
    name: 'host',
    kind: 'string',
    placeholder: 'ADDRESS',
    group: 'Server',
    commands: ['start', 'doctor'],
    shownDefault: 'loopback',
    help: 'Address to listen on; others than loopback are open to all who reach it',
  },
  {
    name: 'port',
    short: 'p',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Server',
    commands: ['start', 'doctor'],
    shownDefault: '8545',
    min: 0,
    max: 65_535,
    help: 'Port for HTTP and WebSocket, 0 for any free one',
  },
  {
    name: 'solana-port',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Server',
    commands: ['start', 'doctor'],
    shownDefault: '8899',
    min: 0,
    max: 65_534,
    help: "Solana's port; WebSocket is on the next one",
  },
  {
    name: 'bitcoin-port',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Server',
    commands: ['start', 'doctor'],
    shownDefault: '18443',
    min: 0,
    max: 65_535,
    help: "Port of Bitcoin's JSON-RPC",
  },
  {
    name: 'esplora-port',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Server',
    commands: ['start', 'doctor'],
    shownDefault: '3002',
    min: 0,
    max: 65_535,
    help: "Port of Bitcoin's REST interface",
  },
  {
    name: 'bitcoin-auth',
    kind: 'string',
    placeholder: 'USER:PASS',
    group: 'Server',
    commands: ['start'],
    help: "Who may call Bitcoin's JSON-RPC",
  },
  {
    name: 'ipc',
    kind: 'string',
    placeholder: 'PATH',
    group: 'Server',
    commands: ['start'],
    file: true,
    help: 'Also serve on a Unix socket',
  },
  {
    name: 'cors',
    kind: 'list',
    placeholder: 'ORIGINS',
    group: 'Server',
    commands: ['start'],
    shownDefault: 'loopback pages',
    help: 'Web pages that may call, or *',
  },
  {
    name: 'allowed-hosts',
    kind: 'list',
    placeholder: 'NAMES',
    group: 'Server',
    commands: ['start'],
    shownDefault: 'localhost',
    help: 'Names the node may be called by',
  },
  {
    name: 'studio-port',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Server',
    commands: ['start'],
    shownDefault: '9909 or the next free',
    min: 0,
    max: 65_535,
    help: 'Port of the studio, 0 for any free one',
  },
  {
    name: 'no-studio',
    kind: 'boolean',
    group: 'Server',
    commands: ['start'],
    help: 'Do not serve the studio',
  },
  {
    name: 'chains',
    kind: 'list',
    placeholder: 'NAMES',
    group: 'Chain',
    commands: ['start', 'doctor'],
    shownDefault: 'ethereum',
    help: 'Chains that run: ethereum, solana, bitcoin',
  },
  {
    name: 'chain-id',
    kind: 'bigint',
    placeholder: 'NUM',
    group: 'Chain',
    commands: ['start', 'run'],
    shownDefault: '31337',
    min: 1,
    help: 'Chain id',
  },
  {
    name: 'hardfork',
    kind: 'fork',
    placeholder: 'NAME',
    group: 'Chain',
    commands: ['start', 'run', 'trace'],
    shownDefault: 'bpo2',
    help: 'Rules to run by, from genesis on',
  },
  {
    name: 'genesis',
    kind: 'string',
    placeholder: 'FILE',
    group: 'Chain',
    commands: ['start'],
    file: true,
    help: 'Genesis in the format of geth: configuration and accounts',
  },
  {
    name: 'gas-limit',
    kind: 'bigint',
    placeholder: 'GAS',
    group: 'Chain',
    commands: ['start'],
    shownDefault: '60000000',
    min: 5000,
    help: 'Gas limit of a block',
  },
  {
    name: 'base-fee',
    kind: 'bigint',
    placeholder: 'WEI',
    group: 'Chain',
    commands: ['start'],
    shownDefault: '1000000000',
    min: 0,
    help: 'Base fee of the first block',
  },
  {
    name: 'timestamp',
    kind: 'bigint',
    placeholder: 'SECONDS',
    group: 'Chain',
    commands: ['start'],
    shownDefault: 'now',
    min: 0,
    help: 'Time of the genesis block',
  },
  {
    name: 'dialect',
    kind: 'string',
    placeholder: 'NAME',
    group: 'Chain',
    commands: ['start'],
    shownDefault: 'anvil',
    help: 'Whose answers evm_ methods give: anvil or hardhat',
  },
  {
    name: 'programs',
    kind: 'list',
    placeholder: 'ID=FILE',
    group: 'Chain',
    commands: ['start'],
    file: true,
    help: 'Programs that a Solana chain begins with',
  },
  {
    name: 'block-time',
    short: 'b',
    kind: 'seconds',
    placeholder: 'SECONDS',
    group: 'Mining',
    commands: ['start'],
    help: 'Mine a block every so often instead of per transaction',
  },
  {
    name: 'no-mining',
    kind: 'boolean',
    group: 'Mining',
    commands: ['start'],
    help: 'Mine only when told to',
  },
  {
    name: 'slot-time',
    kind: 'integer',
    placeholder: 'MS',
    group: 'Mining',
    commands: ['start'],
    shownDefault: '250',
    min: 0,
    max: 60_000,
    help: "Length of Solana's slots, 0 for one per transaction",
  },
  {
    name: 'accounts',
    short: 'a',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Accounts',
    commands: ['start'],
    shownDefault: '10',
    min: 0,
    max: 1000,
    help: 'How many test accounts there are',
  },
  {
    name: 'balance',
    kind: 'ether',
    placeholder: 'ETHER',
    group: 'Accounts',
    commands: ['start'],
    shownDefault: '10000',
    help: 'What each of them has',
  },
  {
    name: 'mnemonic',
    short: 'm',
    kind: 'string',
    placeholder: 'WORDS',
    group: 'Accounts',
    commands: ['start'],
    shownDefault: 'test … junk',
    help: 'Phrase the accounts come from',
  },
  {
    name: 'derivation-path',
    kind: 'string',
    placeholder: 'PATH',
    group: 'Accounts',
    commands: ['start'],
    shownDefault: "m/44'/60'/0'/0",
    help: 'Path of the accounts, without their index',
  },
  {
    name: 'state',
    kind: 'string',
    placeholder: 'DIR',
    group: 'State',
    commands: ['start', 'doctor'],
    file: true,
    help: 'Keep the chain in this folder',
  },
  {
    name: 'load-state',
    kind: 'string',
    placeholder: 'FILE',
    group: 'State',
    commands: ['start'],
    file: true,
    help: 'Begin with a state that was dumped',
  },
  {
    name: 'dump-state',
    kind: 'string',
    placeholder: 'FILE',
    group: 'State',
    commands: ['start'],
    file: true,
    help: 'Write the state there at the end',
  },
  {
    name: 'input',
    kind: 'string',
    placeholder: 'HEX',
    group: 'Program',
    commands: ['run', 'trace', 'prove'],
    commandLineOnly: true,
    file: true,
    help: 'Calldata; what a guest reads: hex or a file',
  },
  {
    name: 'value',
    kind: 'ether',
    placeholder: 'ETHER',
    group: 'Program',
    commands: ['run', 'trace'],
    commandLineOnly: true,
    shownDefault: '0',
    help: 'Ether sent along',
  },
  {
    name: 'gas',
    kind: 'bigint',
    placeholder: 'GAS',
    group: 'Program',
    commands: ['run', 'trace'],
    commandLineOnly: true,
    shownDefault: '30000000',
    min: 0,
    help: 'Gas of the call, on top of the intrinsic gas',
  },
  {
    name: 'create',
    kind: 'boolean',
    group: 'Program',
    commands: ['run', 'trace'],
    commandLineOnly: true,
    help: 'The code is init code: deploy it, then call what it leaves',
  },
  {
    name: 'calls',
    kind: 'boolean',
    group: 'Program',
    commands: ['trace'],
    commandLineOnly: true,
    help: 'Show the tree of calls instead of each step',
  },
  {
    name: 'rpc',
    kind: 'string',
    placeholder: 'URL',
    group: 'Program',
    commands: ['trace'],
    shownDefault: 'http://127.0.0.1:8545',
    help: 'Node that knows the transaction',
  },
  {
    name: 'out',
    kind: 'string',
    placeholder: 'FILE',
    group: 'Proof',
    commands: ['prove'],
    commandLineOnly: true,
    file: true,
    shownDefault: 'the program’s name and .receipt',
    help: 'Where the receipt goes',
  },
  {
    name: 'abi',
    kind: 'string',
    placeholder: 'NAME',
    group: 'Proof',
    commands: ['prove'],
    commandLineOnly: true,
    shownDefault: 'standard',
    help: 'Guest interface: standard, sp1 or openvm',
  },
  {
    name: 'parameters',
    kind: 'string',
    placeholder: 'SET',
    group: 'Proof',
    commands: ['prove'],
    commandLineOnly: true,
    shownDefault: 'p100',
    help: 'p100 or p128 for as many proven bits; dev for tests: insecure',
  },
  {
    name: 'cycles',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Proof',
    commands: ['prove'],
    commandLineOnly: true,
    min: 0,
    help: 'Instructions the guest may run',
  },
  {
    name: 'segment-cycles',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Proof',
    commands: ['prove'],
    commandLineOnly: true,
    shownDefault: String(2 ** 20),
    min: 256,
    max: 2 ** 20,
    help: 'Instructions of a segment of the proof: fewer need less memory',
  },
  {
    name: 'threads',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Proof',
    commands: ['prove'],
    commandLineOnly: true,
    min: 1,
    shownDefault: 'as many as the machine runs at once',
    help: 'Threads that make the proof: it is the same with any number',
  },
  {
    name: 'estimate',
    kind: 'boolean',
    group: 'Proof',
    commands: ['prove'],
    commandLineOnly: true,
    help: 'Say how large the proof’s work is, and prove nothing',
  },
  {
    name: 'program-id',
    kind: 'string',
    placeholder: 'HEX',
    group: 'Proof',
    commands: ['verify'],
    commandLineOnly: true,
    help: 'The program that the receipt has to be of, by its id',
  },
  {
    name: 'elf',
    kind: 'string',
    placeholder: 'FILE',
    group: 'Proof',
    commands: ['verify'],
    commandLineOnly: true,
    file: true,
    help: 'The same, by its file',
  },
  {
    name: 'allow-insecure',
    kind: 'boolean',
    group: 'Proof',
    commands: ['verify'],
    commandLineOnly: true,
    help: 'Take proofs by parameters that are for tests',
  },
  {
    name: 'folder',
    kind: 'string',
    placeholder: 'DIR',
    group: 'Dispute',
    commands: ['bitvm'],
    file: true,
    help: 'Folder of the party: key, contract, evidence',
  },
  {
    name: 'node',
    kind: 'string',
    placeholder: 'URL',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: 'http://127.0.0.1:18443',
    help: 'Bitcoin node, with user:password@ if it asks for them',
  },
  {
    name: 'cookie',
    kind: 'string',
    placeholder: 'FILE',
    group: 'Dispute',
    commands: ['bitvm'],
    file: true,
    help: 'File with the password of the node',
  },
  {
    name: 'role',
    kind: 'string',
    placeholder: 'ROLE',
    group: 'Dispute',
    commands: ['bitvm'],
    help: 'prover or verifier, for setup',
  },
  {
    name: 'circuit',
    kind: 'string',
    placeholder: 'FILE',
    group: 'Dispute',
    commands: ['bitvm'],
    file: true,
    help: 'Circuit in Bristol format, for setup',
  },
  {
    name: 'listen',
    kind: 'string',
    placeholder: 'ADDRESS',
    group: 'Dispute',
    commands: ['bitvm'],
    help: 'Wait for the other party at [HOST:]PORT',
  },
  {
    name: 'connect',
    kind: 'string',
    placeholder: 'ADDRESS',
    group: 'Dispute',
    commands: ['bitvm'],
    help: 'Meet the other party at [HOST:]PORT',
  },
  {
    name: 'peer',
    kind: 'string',
    placeholder: 'KEY',
    group: 'Dispute',
    commands: ['bitvm'],
    help: 'Key the other party has to have',
  },
  {
    name: 'prize',
    kind: 'bigint',
    placeholder: 'SATS',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: '100000',
    min: 0,
    help: 'What a right claim earns',
  },
  {
    name: 'prover-deposit',
    kind: 'bigint',
    placeholder: 'SATS',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: '1000000',
    min: 0,
    help: 'What the prover loses when it cheats',
  },
  {
    name: 'verifier-deposit',
    kind: 'bigint',
    placeholder: 'SATS',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: '1000000',
    min: 0,
    help: 'What the verifier loses when it cheats',
  },
  {
    name: 'timeout-blocks',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: '144',
    min: 2,
    max: 65535,
    help: 'Blocks for each move',
  },
  {
    name: 'fee-rate',
    kind: 'integer',
    placeholder: 'RATE',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: '1',
    min: 1,
    max: 100000,
    help: 'Satoshi a virtual byte',
  },
  {
    name: 'block-gates',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: '512',
    min: 1,
    help: 'Gates of a block of the circuit',
  },
  {
    name: 'input-pins',
    kind: 'string',
    placeholder: 'BITS',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: 'all free',
    help: 'Input bits agreed on: 0, 1, or * for a free one',
  },
  {
    name: 'output-pins',
    kind: 'string',
    placeholder: 'BITS',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: 'all free',
    help: 'Output bits agreed on',
  },
  {
    name: 'claim',
    kind: 'string',
    placeholder: 'BITS',
    group: 'Dispute',
    commands: ['bitvm'],
    commandLineOnly: true,
    help: 'Input to claim, 0 and 1 or 0x and hex, for prove',
  },
  {
    name: 'poll',
    kind: 'integer',
    placeholder: 'MS',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: '1000',
    min: 10,
    help: 'Time between two looks at the chain',
  },
  {
    name: 'burial',
    kind: 'integer',
    placeholder: 'NUM',
    group: 'Dispute',
    commands: ['bitvm'],
    shownDefault: '6',
    min: 1,
    help: 'Blocks on the end until it is final',
  },
  {
    name: 'json',
    kind: 'boolean',
    group: 'Output',
    commands: EVERYWHERE,
    help: 'JSON on stdout, one object a line, and no banner',
  },
  {
    name: 'ready-file',
    kind: 'string',
    placeholder: 'FILE',
    group: 'Output',
    commands: ['start'],
    file: true,
    help: 'Write the ready event there once the node answers',
  },
  { name: 'silent', kind: 'boolean', group: 'Output', commands: ['start'], help: 'Say nothing but errors' },
  {
    name: 'quiet',
    short: 'q',
    kind: 'boolean',
    group: 'Output',
    commands: ['start', 'bitvm'],
    help: 'No banner, only warnings and errors',
  },
  {
    name: 'verbose',
    short: 'v',
    kind: 'count',
    group: 'Output',
    commands: ['start', 'bitvm'],
    help: 'More: -v for debugging, -vv for everything',
  },
  {
    name: 'config',
    kind: 'string',
    placeholder: 'FILE',
    group: 'General',
    commands: ['start', 'run', 'trace', 'prove', 'verify', 'bitvm', 'doctor'],
    file: true,
    commandLineOnly: true,
    shownDefault: 'ninefold.config.*',
    help: 'Configuration file',
  },
  {
    name: 'help',
    short: 'h',
    kind: 'boolean',
    group: 'General',
    commands: EVERYWHERE,
    commandLineOnly: true,
    help: 'Show help',
  },
  {
    name: 'version',
    short: 'V',
    kind: 'boolean',
    group: 'General',
    commands: EVERYWHERE,
    commandLineOnly: true,
    help: 'Show the version',
  },
];

/** What was asked for, by configuration key; what nobody said anything about is undefined. */
export type Settings = Partial<{
  readonly host: string;
  readonly port: number;
  readonly solanaPort: number;
  readonly bitcoinPort: number;
  readonly esploraPort: number;
  readonly bitcoinAuth: string;
  readonly ipc: string;
  readonly cors: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly studioPort: number;
  readonly noStudio: boolean;
  readonly chains: readonly string[];
  readonly chainId: bigint;
  readonly hardfork: ForkName;
  readonly genesis: string;
  readonly gasLimit: bigint;
  readonly baseFee: bigint;
  readonly timestamp: bigint;
  readonly dialect: string;
  readonly programs: readonly string[];
  readonly blockTime: number;
  readonly noMining: boolean;
  /** Milliseconds. */
  readonly slotTime: number;
  readonly accounts: number;
  /** Wei. */
  readonly balance: bigint;
  readonly mnemonic: string;
  readonly derivationPath: string;
  readonly state: string;
  readonly loadState: string;
  readonly dumpState: string;
  readonly input: string;
  /** Wei. */
  readonly value: bigint;
  readonly gas: bigint;
  readonly create: boolean;
  readonly calls: boolean;
  readonly rpc: string;
  readonly out: string;
  readonly abi: string;
  readonly parameters: string;
  readonly cycles: number;
  readonly segmentCycles: number;
  readonly threads: number;
  readonly estimate: boolean;
  readonly programId: string;
  readonly elf: string;
  readonly allowInsecure: boolean;
  readonly folder: string;
  readonly node: string;
  readonly cookie: string;
  readonly role: string;
  readonly circuit: string;
  readonly listen: string;
  readonly connect: string;
  readonly peer: string;
  /** Satoshi. */
  readonly prize: bigint;
  /** Satoshi. */
  readonly proverDeposit: bigint;
  /** Satoshi. */
  readonly verifierDeposit: bigint;
  readonly timeoutBlocks: number;
  readonly feeRate: number;
  readonly blockGates: number;
  readonly inputPins: string;
  readonly outputPins: string;
  readonly claim: string;
  readonly poll: number;
  readonly burial: number;
  readonly json: boolean;
  readonly readyFile: string;
  readonly silent: boolean;
  readonly quiet: boolean;
  readonly verbose: number;
  readonly config: string;
  readonly help: boolean;
  readonly version: boolean;
}>;

/** The key of a flag in settings and configuration files. */
export function keyOf({ name }: Flag): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The environment variable of a flag: `NINEFOLD_BLOCK_TIME`. */
export function variableOf({ name }: Flag): string {
  return `NINEFOLD_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** The flags a command understands. */
export function flagsOf(command: CommandName): readonly Flag[] {
  return FLAGS.filter(({ commands }) => commands.includes(command));
}
