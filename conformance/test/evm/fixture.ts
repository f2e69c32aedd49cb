import type { StateRecord } from '../../src/evm/state-record.ts';

export const SENDER = '0x1000000000000000000000000000000000000001';
export const CONTRACT = '0x2000000000000000000000000000000000000002';
export const COINBASE = '0x3000000000000000000000000000000000000003';

/** A contract that stores 1 in slot 0, called in two variants of value, under two forks. */
export const RECORD: StateRecord = {
  src: 'own',
  name: 'storeOne',
  env: {
    currentCoinbase: COINBASE,
    currentDifficulty: '0x20000',
    currentGasLimit: '0x05f5e100',
    currentNumber: '0x01',
    currentTimestamp: '0x03e8',
    currentBaseFee: '0x0a',
    currentRandom: '0x2a',
    currentExcessBlobGas: '0x0a0000',
  },
  pre: {
    [SENDER]: { balance: '0x0de0b6b3a7640000', nonce: '0x00', code: '0x', storage: {} },
    // PUSH1 1 PUSH1 0 SSTORE STOP
    [CONTRACT]: {
      balance: '0x',
      nonce: '0x01',
      code: '0x600160005500',
      storage: { '0x02': '0x0a', '0x03': '0x00' },
    },
  },
  transaction: {
    data: ['0x', '0x00ff'],
    gasLimit: ['0x0186a0', '0x5207'],
    value: ['0x00', '0x:bigint 0x10000000000000000000000000000000000000000000000000000000000000000'],
    nonce: '0x00',
    to: CONTRACT,
    sender: SENDER,
    gasPrice: '0x0a',
    accessLists: [null, [{ address: CONTRACT, storageKeys: [`0x${'00'.repeat(32)}`] }]],
  },
  post: {},
};
