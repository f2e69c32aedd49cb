import { createAccount, createAddressFromString, hexToBytes } from '@ethereumjs/util';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createEVM } from '@ethereumjs/evm';
import type { Address } from '@ethereumjs/util';
import { bytesToHex } from '@ninefold/base';
import { cpuOfThisProcess } from '../process.ts';
import { readPrograms } from '../programs.ts';
import type { Contestant } from '../rounds.ts';

const CALLER = createAddressFromString('0x1111111111111111111111111111111111111111');
const GAS_LIMIT = 1_000_000_000n;

/** The workload programs as bare message calls on `@ethereumjs/evm`, its fast in-memory state. */
export async function createContestant(vectors: string): Promise<Contestant> {
  const programs = readPrograms(vectors);
  const evm = await createEVM({ common: new Common({ chain: Mainnet, hardfork: Hardfork.Cancun }) });
  await evm.stateManager.putAccount(CALLER, createAccount({ balance: 10n ** 24n }));
  const addresses = new Map<string, Address>();
  for (const [name, { initcode }] of Object.entries(programs.contracts)) {
    const { createdAddress } = await evm.runCall({
      caller: CALLER,
      data: hexToBytes(initcode),
      gasLimit: GAS_LIMIT,
    });
    addresses.set(name, createdAddress!);
  }
  return {
    name: 'ethereumjs 10.1.3',
    sample: async (name) => {
      const run = programs.runs.find((candidate) => candidate.name === name)!;
      const data = hexToBytes(run.calldata);
      await evm.stateManager.checkpoint();
      const before = cpuOfThisProcess();
      const { execResult } = await evm.runCall({
        caller: CALLER,
        to: addresses.get(run.contract)!,
        data,
        gasLimit: GAS_LIMIT,
      });
      const figure = cpuOfThisProcess() - before;
      await evm.stateManager.revert();
      evm.journal.cleanJournal();
      const { executionGasUsed, returnValue, exceptionError } = execResult;
      if (
        exceptionError ||
        Number(executionGasUsed) !== run.gasUsed ||
        bytesToHex(returnValue) !== run.returnData
      ) {
        throw new Error(`${executionGasUsed} gas, ${bytesToHex(returnValue)}, ${exceptionError?.error}`);
      }
      return figure;
    },
    close: () => Promise.resolve(),
  };
}
