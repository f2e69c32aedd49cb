import { type CommandName, type Flag, FLAG_GROUPS } from './flags/flag.ts';
import { flagsOf } from './flags/flags.ts';

/** Help fits a terminal of this many columns. */
export const HELP_COLUMNS = 80;

type CommandHelp = { readonly usage: string; readonly summary: string; readonly examples: readonly string[] };

export const COMMAND_HELP: Readonly<Record<CommandName, CommandHelp>> = {
  start: {
    usage: 'ninefold [start] [flags]',
    summary: 'Starts a node. This is what happens without a command.',
    examples: [
      'ninefold --port 0 --block-time 2',
      'ninefold start --state ./chain',
      'ninefold --chains ethereum,solana',
    ],
  },
  run: {
    usage: 'ninefold run <code | file> [flags]',
    summary: 'Runs EVM bytecode, given as hex or in a file of hex: output, gas, logs.',
    examples: ['ninefold run 0x602a60005260206000f3', 'ninefold run token.hex --create --input 0x18160ddd'],
  },
  trace: {
    usage: 'ninefold trace <transaction hash | code | file> [flags]',
    summary: 'Shows each step, or with --calls the calls, of a transaction or of bytecode.',
    examples: ['ninefold trace 0x602a60005260206000f3', 'ninefold trace 0x5c50…7a3f --calls'],
  },
  prove: {
    usage: 'ninefold prove <guest.elf> [flags]',
    summary: 'Runs a RISC-V guest, ours or one of SP1 or OpenVM, and proves the run.',
    examples: [
      'ninefold prove guest.elf --input data.bin --out r.bin',
      'ninefold prove fibonacci --abi sp1 --input 0xe8030000',
      'ninefold prove guest.elf --estimate',
    ],
  },
  verify: {
    usage: 'ninefold verify <receipt> [flags]',
    summary: 'Verifies a receipt: which program, what it made public, how it ended.',
    examples: ['ninefold verify r.bin --elf guest.elf', 'ninefold verify r.bin --program-id 0x…'],
  },
  bitvm: {
    usage: 'ninefold bitvm <setup | prove | challenge | watch> [flags]',
    summary: 'Stakes bitcoin on the output of a circuit, and settles disputes by script.',
    examples: [
      'ninefold bitvm setup --role verifier --listen 9999 --circuit c.txt --folder v',
      'ninefold bitvm prove --folder p --claim 0110 --json',
    ],
  },
  doctor: {
    usage: 'ninefold doctor [flags]',
    summary: 'Looks whether all a node needs is there.',
    examples: ['ninefold doctor --port 8545 --state ./chain'],
  },
  completion: {
    usage: 'ninefold completion <bash | zsh | fish>',
    summary: 'Prints a script that completes this command in a shell.',
    examples: ['source <(ninefold completion bash)'],
  },
};

const OVERVIEW = `Every family of blockchain virtual machines in one process.

Usage: ninefold [command] [flags]

Commands:
`;

/** Help of one command; of the program when no command was named. */
export function helpText(command: CommandName | undefined): string {
  const { usage, summary, examples } = COMMAND_HELP[command ?? 'start'];
  const head = command === undefined ? overview() : `${summary}\n\nUsage: ${usage}\n`;
  const flags = flagsOf(command ?? 'start');
  const column = Math.max(...flags.map((flag) => flagText(flag).length)) + 4;
  const groups = FLAG_GROUPS.map((group) => {
    const own = flags.filter((flag) => flag.group === group);
    if (own.length === 0) return '';
    return `\n${group}:\n${own.map((flag) => flagHelp(flag, column)).join('')}`;
  });
  return [
    head,
    ...groups,
    `\nExamples:\n${examples.map((example) => `  ${example}\n`).join('')}`,
    command === undefined || command === 'start'
      ? '\n--block-time is also the variable NINEFOLD_BLOCK_TIME and blockTime in\nninefold.config.ts. Flags win over variables, those over the file.\n'
      : '',
  ].join('');
}

function overview(): string {
  const names = Object.keys(COMMAND_HELP) as CommandName[];
  const lines = names.map((name) => wrapped(`  ${name.padEnd(12)}`, COMMAND_HELP[name].summary, 14));
  return `${OVERVIEW}${lines.join('')}\nFlags of start; "ninefold <command> --help" shows those of the others:\n`;
}

function flagText({ name, short, placeholder }: Flag): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`;
}

function flagHelp(flag: Flag, column: number): string {
  const text = flag.shownDefault === undefined ? flag.help : `${flag.help} (${flag.shownDefault})`;
  return wrapped(`  ${flagText(flag)}`.padEnd(column), text, column);
}

/** `text` behind `head`, broken at words before the last column, continued at `column`. */
function wrapped(head: string, text: string, column: number): string {
  const lines: string[] = [];
  let line = head;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > HELP_COLUMNS) {
      lines.push(line);
      line = ' '.repeat(column);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return `${[...lines, line].join('\n')}\n`;
}
