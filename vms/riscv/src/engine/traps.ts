/** Why a guest could not go on. What a guest does wrong is data, never an exception of the host. */
export type TrapKind =
  | 'illegalInstruction'
  | 'breakpoint'
  | 'fetchAccess'
  | 'fetchMisaligned'
  | 'loadAccess'
  | 'loadMisaligned'
  | 'storeAccess'
  | 'storeMisaligned'
  /** A host call with arguments that the guest interface refuses. */
  | 'hostCall';

export type Trap = {
  readonly kind: TrapKind;
  /** Address of the instruction. */
  readonly pc: bigint;
  /** What could not be accessed, of access and alignment traps. */
  readonly address?: bigint | undefined;
  /** The instruction, of illegal ones and breakpoints. */
  readonly word?: number | undefined;
  /** What is wrong with a host call. */
  readonly reason?: string | undefined;
};

/** A limit of the run that was reached. */
export type Limit = 'cycles' | 'memory' | 'output';

/**
 * Thrown by what the host does on a guest's behalf to end the run; the run loop turns it into its
 * outcome, so that it never leaves `run`.
 */
export class GuestFault extends Error {
  readonly ending: { readonly trap: Omit<Trap, 'pc'> } | { readonly limit: Limit };

  constructor(ending: GuestFault['ending']) {
    super('trap' in ending ? (ending.trap.reason ?? ending.trap.kind) : `limit of ${ending.limit}`);
    this.ending = ending;
  }
}

/** Refuses a host call. */
export function refuse(reason: string): GuestFault {
  return new GuestFault({ trap: { kind: 'hostCall', reason } });
}
