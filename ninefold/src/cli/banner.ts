import { bytesToHex } from '@ninefold/base';
import type { EthereumChain } from '@ninefold/chain-ethereum';
import type { BitcoinUrls, ChainUrls } from '../listen.ts';
import type { Paint } from './output.ts';

/** Accounts beyond these are not listed. */
const SHOWN_ACCOUNTS = 20;

export type EthereumFacts = {
  readonly chainId: bigint;
  readonly hardfork: string;
  readonly urls: ChainUrls;
  readonly accounts: EthereumChain['accounts'];
  readonly mnemonic: string;
  /** What is new to a folder that keeps state. */
  readonly state: string | undefined;
};

export type SolanaFacts = {
  readonly urls: ChainUrls;
  /** 0 when each transaction is a slot. */
  readonly slotMs: number;
};

export type BitcoinFacts = {
  readonly urls: BitcoinUrls;
  readonly state: string | undefined;
};

export type BannerFacts = {
  readonly version: string;
  readonly ethereum?: EthereumFacts | undefined;
  readonly solana?: SolanaFacts | undefined;
  readonly bitcoin?: BitcoinFacts | undefined;
  /** Link to the studio, unless it is off. */
  readonly studio?: string | undefined;
  readonly readyMs: number;
};

/** What a node says once it answers. */
export function bannerText(facts: BannerFacts, paint: Paint): string {
  const { version, ethereum, solana, bitcoin, studio, readyMs } = facts;
  return [
    `${paint.bold('ninefold')} ${version}`,
    '',
    ...(ethereum === undefined ? [] : ethereumLines(ethereum, paint)),
    ...(solana === undefined ? [] : solanaLines(solana, paint)),
    ...(bitcoin === undefined ? [] : bitcoinLines(bitcoin, paint)),
    ...(studio === undefined ? [] : [`  studio    ${paint.cyan(studio)}`]),
    ...(ethereum === undefined ? [] : accountLines(ethereum, paint)),
    '',
    `Ready in ${readyMs} ms. ${paint.dim('Ctrl+C stops, twice at once.')}`,
  ].join('\n');
}

function solanaLines({ urls, slotMs }: SolanaFacts, paint: Paint): readonly string[] {
  return [
    `  solana    ${paint.cyan(urls.http)}  ${paint.cyan(urls.ws)}`,
    `            ${slotMs === 0 ? 'a slot per transaction' : `slots of ${slotMs} ms`}, airdrops for free`,
  ];
}

function bitcoinLines({ urls, state }: BitcoinFacts, paint: Paint): readonly string[] {
  return [
    `  bitcoin   ${paint.cyan(urls.http)}  regtest, ${urls.auth}`,
    `            ${paint.cyan(urls.esplora)}  Esplora`,
    ...(state === undefined ? [] : [`            kept in ${state}`]),
  ];
}

function ethereumLines(facts: EthereumFacts, paint: Paint): readonly string[] {
  const { chainId, hardfork, urls, state } = facts;
  return [
    `  ethereum  ${paint.cyan(urls.http)}  ${paint.cyan(urls.ws)}`,
    `            chain id ${chainId}, ${hardfork}`,
    ...(urls.ipc === undefined ? [] : [`            ${paint.cyan(urls.ipc)}`]),
    ...(state === undefined ? [] : [`            kept in ${state}`]),
  ];
}

function accountLines({ accounts, mnemonic }: EthereumFacts, paint: Paint): readonly string[] {
  const lines: string[] = [];
  if (accounts.length > 0) {
    lines.push('', `${paint.bold('Accounts')}  public test keys: never send them anything of value`, '');
    accounts.slice(0, SHOWN_ACCOUNTS).forEach(({ address, privateKey }, index) => {
      lines.push(`${String(index).padStart(4)}  ${address}  ${paint.dim(bytesToHex(privateKey))}`);
    });
    if (accounts.length > SHOWN_ACCOUNTS) lines.push(`      … and ${accounts.length - SHOWN_ACCOUNTS} more`);
    lines.push('', `      mnemonic  ${mnemonic}`);
  }
  return lines;
}
