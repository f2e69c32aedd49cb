import type { Hex } from '@ninefold/base';

/** What is compared: all a receipt and a state root would show. */
export type SceneResult =
  | { readonly valid: false; readonly reason: string }
  | {
      readonly valid: true;
      readonly success: boolean;
      readonly gasUsed: bigint;
      readonly output: Hex;
      readonly created: Hex | undefined;
      readonly logs: readonly string[];
      /** `nonce balance codeHash storageRoot` by address; absent accounts are absent. */
      readonly accounts: ReadonlyMap<Hex, string>;
      readonly stateRoot: Hex;
    };

/** Sentences on what differs; none when the results are equal. */
export function differences(ours: SceneResult, peer: SceneResult): readonly string[] {
  if (!ours.valid || !peer.valid) {
    if (!ours.valid && !peer.valid) return [];
    const verdict = (result: SceneResult): string =>
      result.valid ? 'accepted' : `refused (${result.reason})`;
    return [`transaction: ours ${verdict(ours)}, peer ${verdict(peer)}`];
  }
  const found: string[] = [];
  const compare = (name: string, a: unknown, b: unknown): void => {
    if (a !== b) found.push(`${name}: ours ${String(a)}, peer ${String(b)}`);
  };
  compare('success', ours.success, peer.success);
  compare('gasUsed', ours.gasUsed, peer.gasUsed);
  compare('output', ours.output, peer.output);
  compare('created', ours.created, peer.created);
  compare('logs', ours.logs.join('\n'), peer.logs.join('\n'));
  for (const address of new Set([...ours.accounts.keys(), ...peer.accounts.keys()])) {
    compare(`account ${address}`, ours.accounts.get(address), peer.accounts.get(address));
  }
  compare('stateRoot', ours.stateRoot, peer.stateRoot);
  return found;
}
