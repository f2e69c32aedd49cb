import type { Hex } from '@ninefold/base';
import type { Program, Programs } from '../programs.ts';
import { gasOfTransaction, readPrograms } from '../programs.ts';
import { cpuOfProcess } from '../process.ts';
import { suiteReport } from '../report.ts';
import type { Case, Contestant } from '../rounds.ts';
import { compete } from '../rounds.ts';
import { sendMined } from '../load/receipts.ts';
import type { Command, Server } from '../load/server.ts';
import { anvilCommand, ninefoldCommand, startServer } from '../load/server.ts';
import type { Suite } from '../suite.ts';

const CALLER: Hex = '0x1111111111111111111111111111111111111111';
const NODE = { hardfork: 'cancun', blockGasLimit: 1_000_000_000 };
const CALL_GAS = '0x1dcd6500';

/** CPU time of one sample at least: long against the 10 ms steps in which it is read. */
const SAMPLE_MS = 300;
const QUICK_SAMPLE_MS = 60;

/** The workload programs by `eth_call` over HTTP, CPU of the whole node process. */
export const evmSuite: Suite = {
  name: 'evm',
  about:
    'CPU milliseconds of the node process per eth_call over HTTP: transport, JSON, state lookups, compilation and execution included',
  run: async ({ vectors, quick, say }) => {
    const peerCommand = anvilCommand(NODE);
    if (peerCommand === undefined) {
      say('evm: skipped, there is no anvil package for this platform');
      return undefined;
    }
    const programs = readPrograms(vectors);
    const sampleMs = quick ? QUICK_SAMPLE_MS : SAMPLE_MS;
    const ours = await programServer(ninefoldCommand(NODE), programs, sampleMs);
    const peer = await programServer(peerCommand, programs, sampleMs);
    try {
      const cases = programs.runs.map(({ name }): Case => ({
        name,
        unit: 'ms CPU/call',
        direction: 'lower-is-better',
      }));
      return suiteReport('evm', await compete(ours, peer, cases, quick ? 1 : 5));
    } finally {
      await ours.close();
      await peer.close();
    }
  },
};

/** A node with the contracts installed that has run each program once and got all of it right. */
async function programServer(command: Command, programs: Programs, sampleMs: number): Promise<Contestant> {
  const server = await startServer(command);
  try {
    const addresses = await install(server, programs);
    const runs = new Map(programs.runs.map((run) => [run.name, run]));
    for (const run of programs.runs) await assertExact(server, run, addresses.get(run.contract)!);
    return {
      name: server.name,
      sample: async (name) => {
        const run = runs.get(name)!;
        const params = [callOf(run, addresses.get(run.contract)!), 'latest'];
        const before = cpuOfProcess(server.pid);
        let used = 0;
        let calls = 0;
        while (used < sampleMs) {
          if ((await server.request('eth_call', params)) !== run.returnData) {
            throw new Error(`${server.name} returned something else from ${name}`);
          }
          calls++;
          used = cpuOfProcess(server.pid) - before;
        }
        return used / calls;
      },
      close: server.stop,
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function install(server: Server, programs: Programs): Promise<ReadonlyMap<string, Hex>> {
  await server.request('anvil_impersonateAccount', [CALLER]);
  await server.request('anvil_setBalance', [CALLER, '0xd3c21bcecceda1000000']);
  const addresses = new Map<string, Hex>();
  for (const [name, { initcode }] of Object.entries(programs.contracts)) {
    const { contractAddress } = await sendMined(server.request, {
      from: CALLER,
      data: initcode,
      gas: '0x1c9c380',
    });
    addresses.set(name, contractAddress);
  }
  return addresses;
}

/** Runs a program as a transaction for its exact gas and as a call for its return data. */
async function assertExact(server: Server, run: Program, address: Hex): Promise<void> {
  const snapshot = await server.request('evm_snapshot', []);
  const receipt = await sendMined(server.request, callOf(run, address));
  await server.request('evm_revert', [snapshot]);
  const expected = gasOfTransaction(run);
  if (Number(receipt.gasUsed) !== expected) {
    throw new Error(`${server.name} used ${Number(receipt.gasUsed)} gas for ${run.name}, not ${expected}`);
  }
  const returned = await server.request('eth_call', [callOf(run, address), 'latest']);
  if (returned !== run.returnData)
    throw new Error(`${server.name} returned ${String(returned)} from ${run.name}`);
}

function callOf({ calldata }: Program, to: Hex): object {
  return { from: CALLER, to, data: calldata, gas: CALL_GAS };
}
