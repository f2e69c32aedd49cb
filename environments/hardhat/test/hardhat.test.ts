import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startNode } from '@ninefold/environment-kit';
import { describe, expect, test } from 'vitest';

const HOME = fileURLToPath(new URL('..', import.meta.url));
const NODE = `${HOME}node_modules/node24/bin/node`;
const HARDHAT = `${HOME}node_modules/hardhat/dist/src/cli.js`;

// Hardhat 3 needs Node 22, which comes along as a package of 190 MB: only who asks for it gets it.
const isInstalled = existsSync(NODE) && existsSync(HARDHAT);
if (!isInstalled) {
  console.warn('Hardhat did not run: it is installed with "npm install --prefix environments/hardhat"');
}

describe.skipIf(!isInstalled)('Hardhat 3 with a node as its network', () => {
  test('compiles, deploys and tests a contract', { timeout: 120_000 }, async () => {
    const node = await startNode({ dialect: 'hardhat' });
    try {
      const { stdout } = await promisify(execFile)(
        NODE,
        [HARDHAT, 'test', 'nodejs', '--network', 'ninefold'],
        {
          cwd: `${HOME}project`,
          env: {
            PATH: process.env['PATH'],
            HOME: process.env['HOME'],
            NINEFOLD_URL: node.http,
            HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true',
            NO_COLOR: '1',
          },
        },
      ).catch((error: { stdout: string; stderr: string }) => {
        throw new Error(`${error.stdout}\n${error.stderr}`);
      });
      expect(stdout).toMatch(/6 passing/);
      expect(stdout).not.toMatch(/failing/);
    } finally {
      await node.close();
    }
  });
});
