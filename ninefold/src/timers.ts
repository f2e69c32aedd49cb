/** The longest that a timer can wait, 24 days: beyond it the platform's fire at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/**
 * Does `task` every so often, until what it returns is called. A beat does not keep a process alive; a node that
 * listens lives by its sockets. Periods beyond {@link LONGEST_TIMER_MS} are that.
 */
export function every(ms: number, task: () => void): () => void {
  const interval = setInterval(task, Math.min(ms, LONGEST_TIMER_MS));
  (interval as { readonly unref?: () => void }).unref?.();
  return () => clearInterval(interval);
}

/** Does `task` once, after some time, unless what it returns is called before. */
export function after(ms: number, task: () => void): () => void {
  const handle = setTimeout(task, Math.min(ms, LONGEST_TIMER_MS));
  return () => clearTimeout(handle);
}
