import type { StudioChain } from '@ninefold/studio-api';
import type { EthereumChain } from '../chain.ts';

/**
 * The Ethereum chain's side of the studio. Its code is loaded when it is asked for.
 *
 * @example createStudio({ chains: [await openEthereumStudio(chain)], info })
 */
export async function openEthereumStudio(
  chain: EthereumChain,
  id: string = 'ethereum',
): Promise<StudioChain> {
  const { createEthereumStudio } = await import('./studio-chain.ts');
  return createEthereumStudio(chain, id);
}
