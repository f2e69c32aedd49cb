import { refuseDamaged } from './refuse.ts';
import type { Subject } from './subjects.ts';

/** What the parent process asks for. */
export type Order = { readonly subject: Subject; readonly seed: number; readonly seconds: number };

process.once('message', ({ subject, seed, seconds }: Order) => {
  const peak = (): number => 1024 * process.resourceUsage().maxRSS;
  process.send?.(refuseDamaged(subject, { seed, seconds, peak }), () => process.exit(0));
});
