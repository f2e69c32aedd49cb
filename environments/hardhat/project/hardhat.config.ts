import { fileURLToPath } from 'node:url';
import hardhatNodeTestRunner from '@nomicfoundation/hardhat-node-test-runner';
import hardhatViem from '@nomicfoundation/hardhat-viem';
import hardhatViemAssertions from '@nomicfoundation/hardhat-viem-assertions';
import { defineConfig } from 'hardhat/config';

export default defineConfig({
  plugins: [hardhatViem, hardhatViemAssertions, hardhatNodeTestRunner],
  // The compiler of the npm package: nothing is downloaded.
  solidity: {
    version: '0.8.37',
    path: fileURLToPath(new URL('../node_modules/solc/soljson.js', import.meta.url)),
  },
  networks: {
    ninefold: { type: 'http', chainType: 'l1', url: process.env['NINEFOLD_URL'] ?? 'http://127.0.0.1:8545' },
  },
});
