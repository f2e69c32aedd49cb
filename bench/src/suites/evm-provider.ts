import { forkContestant } from '../contestants/fork.ts';
import type { ProviderPlan } from '../contestants/provider.ts';
import { PROVIDER_CASES } from '../contestants/provider.ts';
import { hardhatNode, INSTALL_HINT } from '../hardhat.ts';
import { suiteReport } from '../report.ts';
import { compete } from '../rounds.ts';
import type { Suite } from '../suite.ts';

const ABOUT =
  'in process by EIP-1193 request, automine; a receipt is fetched for every transaction; both sides in processes of their own under the Node that Hardhat 3 needs';

/** Requests without a socket, against Hardhat 3 as `network.connect()` gives it. */
export const evmProviderSuite: Suite = providerSuite('evm-provider', './hardhat.js', ABOUT);

/** The same against the engine inside Hardhat, called directly: what Hardhat's own JavaScript costs is left out. */
export const evmEdrSuite: Suite = providerSuite(
  'evm-edr',
  './edr.js',
  `for information: EDR alone, ${ABOUT}`,
);

function providerSuite(name: string, peerModule: string, about: string): Suite {
  return {
    name,
    about,
    run: async ({ vectors, quick, say }) => {
      const node = hardhatNode();
      if (node === undefined) {
        say(`${name}: did not run, Hardhat 3 is not installed: ${INSTALL_HINT}`);
        return undefined;
      }
      const plan: ProviderPlan = { vectors, count: quick ? 50 : 400, rounds: quick ? 1 : 7 };
      const argument = JSON.stringify(plan);
      const ours = await forkContestant('./ninefold-provider.js', argument, node);
      const peer = await forkContestant(peerModule, argument, node);
      try {
        return suiteReport(name, await compete(ours, peer, PROVIDER_CASES, plan.rounds));
      } finally {
        await ours.close();
        await peer.close();
      }
    },
  };
}
