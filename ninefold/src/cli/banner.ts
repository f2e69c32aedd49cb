import { bytesToHex } from '@ninefold/base';
import type { EthereumChain } from '@ninefold/chain-ethereum';
import type { ChainUrls } from '../listen.ts';
import type { Paint } from './output.ts';

/** Accounts beyond these are not listed. */
const SHOWN_ACCOUNTS = 20;

export type BannerFacts = {
  readonly version: string;
  readonly chainId: bigint;
  readonly hardfork: string;
  readonly urls: ChainUrls;
  /** Link to the studio, unless it is off. */
  readonly studio: string | undefined;
  readonly accounts: EthereumChain['accounts'];
  readonly mnemonic: string;
  /** What is new to a folder that keeps state. */
  readonly state: string | undefined;
  readonly readyMs: number;
};

/** What a node says once it answers. */
export function bannerText(facts: BannerFacts, paint: Paint): string {
  const { version, chainId, hardfork, urls, studio, accounts, mnemonic, state, readyMs } = facts;
  const lines = [
    `${paint.bold('ninefold')} ${version}`,
    '',
    `  ethereum  ${paint.cyan(urls.http)}  ${paint.cyan(urls.ws)}`,
    `            chain id ${chainId}, ${hardfork}`,
    ...(urls.ipc === undefined ? [] : [`            ${paint.cyan(urls.ipc)}`]),
    ...(state === undefined ? [] : [`            kept in ${state}`]),
    ...(studio === undefined ? [] : [`  studio    ${paint.cyan(studio)}`]),
  ];
  if (accounts.length > 0) {
    lines.push('', `${paint.bold('Accounts')}  public test keys: never send them anything of value`, '');
    accounts.slice(0, SHOWN_ACCOUNTS).forEach(({ address, privateKey }, index) => {
      lines.push(`${String(index).padStart(4)}  ${address}  ${paint.dim(bytesToHex(privateKey))}`);
    });
    if (accounts.length > SHOWN_ACCOUNTS) lines.push(`      … and ${accounts.length - SHOWN_ACCOUNTS} more`);
    lines.push('', `      mnemonic  ${mnemonic}`);
  }
  lines.push('', `Ready in ${readyMs} ms. ${paint.dim('Ctrl+C stops, twice at once.')}`);
  return lines.join('\n');
}
