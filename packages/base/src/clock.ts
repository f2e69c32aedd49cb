/** Milliseconds since the epoch. VMs and chains take time from here, never from the platform. */
export type Clock = { readonly now: () => number };

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still at `ms`. */
export function fixedClock(ms: number): Clock {
  return { now: () => ms };
}

/** A clock that moves only when told to. */
export function manualClock(start: number): Clock & { readonly advance: (ms: number) => void } {
  let time = start;
  return {
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
  };
}
