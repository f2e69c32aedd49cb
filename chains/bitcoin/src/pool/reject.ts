/** What kind of refusal it is: what may be tried again, and how a node answers. */
export type RejectKind =
  /** No block could hold it. */
  | 'consensus'
  /** It stands against this node's policy. */
  | 'policy'
  /** An output it spends is not known. */
  | 'missing-inputs'
  /** It pays too little by itself; within a package it may do. */
  | 'reconsiderable';

/** Why a transaction was not taken: Bitcoin Core's reject reason and its explanation. */
export type Reject = {
  readonly kind: RejectKind;
  readonly reason: string;
  readonly details?: string | undefined;
};

/** The reason with its explanation behind, as clients see it. */
export function rejectText({ reason, details }: Reject): string {
  return details === undefined || details === '' ? reason : `${reason}, ${details}`;
}
