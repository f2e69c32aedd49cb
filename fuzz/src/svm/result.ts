/** An account as both engines can tell it. */
export type AccountText = string;

/** What became of a transaction, in a form that can be compared. */
export type SvmOutcome = {
  /** In Rust's words; empty on success. */
  readonly error: string;
  readonly units: number;
  readonly logs: readonly string[];
  /** Accounts of the scene after it, by their position. */
  readonly accounts: readonly AccountText[];
};

/** An engine with a scene in it. */
export type SvmEngine = {
  readonly run: (transaction: Uint8Array) => SvmOutcome;
};

export function accountText(
  account:
    | {
        readonly lamports: bigint;
        readonly owner: Uint8Array;
        readonly data: Uint8Array;
        readonly isExecutable: boolean;
      }
    | undefined,
): AccountText {
  if (account === undefined || account.lamports === 0n) return 'none';
  const { lamports, owner, data, isExecutable } = account;
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return `${lamports} ${hex(owner)} ${hex(data)} ${isExecutable}`;
}

/** What two outcomes of the same transaction do not have in common. */
export function differences(ours: SvmOutcome, peer: SvmOutcome): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, a: string | number, b: string | number): void => {
    if (a !== b) found.push(`${what}: ${a}, peer ${b}`);
  };
  compare('error', ours.error, peer.error);
  compare('units', ours.units, peer.units);
  compare('logs', ours.logs.join('\n'), peer.logs.join('\n'));
  for (const [i, account] of ours.accounts.entries())
    compare(`account ${i}`, account, peer.accounts[i] ?? '');
  return found;
}
