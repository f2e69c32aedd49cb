import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { completionScript } from '../src/cli/commands/completion.ts';
import { COMMANDS } from '../src/cli/flags/flag.ts';
import { FLAGS, flagsOf } from '../src/cli/flags/flags.ts';

describe.each(['bash', 'zsh', 'fish'])('completion for %s', (shell) => {
  test('names all commands and flags', () => {
    const script = completionScript(shell);
    for (const command of COMMANDS) expect(script).toContain(command);
    for (const { name } of FLAGS) expect(script).toContain(shell === 'fish' ? `-l ${name}` : `--${name}`);
  });
});

test('another shell is refused', () => {
  for (const shell of ['tcsh', undefined]) {
    expect(() => completionScript(shell)).toThrow(expect.objectContaining({ code: 'CLI_UNKNOWN_SHELL' }));
  }
});

describe.runIf(process.platform !== 'win32')('the bash script, in bash', () => {
  const complete = (...words: readonly string[]): string[] => {
    const line = ['ninefold', ...words];
    const ask = `${completionScript('bash')}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length - 1}
_ninefold; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['--norc', '-c', ask], { encoding: 'utf8' })
      .split('\n')
      .filter((word) => word !== '');
  };

  test('completes commands', () => {
    expect(complete('')).toEqual(COMMANDS);
    expect(complete('tr')).toEqual(['trace']);
  });

  test('completes the flags of the command', () => {
    expect(complete('--bl')).toEqual(['--block-time']);
    expect(complete('run', '--')).toEqual(flagsOf('run').map(({ name }) => `--${name}`));
    expect(complete('start', '--chain')).toEqual(['--chains', '--chain-id']);
  });

  test('completes shells', () => {
    expect(complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });
});
