import { isPaletteOpen, openPalette } from './palette.tsx';
import { href, navigate } from './router.ts';
import { letterKeys } from './store.ts';

/** A key and what it does, as the list of keys tells. */
export type KeyHelp = { readonly keys: string; readonly does: string };

export const GLOBAL_KEYS: readonly KeyHelp[] = [
  { keys: '⌘K, Ctrl K, /', does: 'Search, paste, or run a command' },
  { keys: 'G then H', does: 'Networks' },
  { keys: 'G then B', does: 'Blocks' },
  { keys: 'G then T', does: 'Transactions' },
  { keys: 'G then A', does: 'Accounts' },
  { keys: '?', does: 'This list' },
  { keys: 'Esc', does: 'Close what is on top' },
  { keys: '↑ ↓ PgUp PgDn Home End', does: 'Move in a list; Enter opens' },
  { keys: '← →', does: 'Change tabs; fold and unfold calls' },
];

export const DEBUGGER_KEYS: readonly KeyHelp[] = [
  { keys: '→ J, ← K', does: 'Step, step back; with Shift by a hundred' },
  { keys: 'O, Shift O', does: 'Over, over back' },
  { keys: 'U, Shift U', does: 'Out, out backwards' },
  { keys: 'Space, Shift Space', does: 'Run to the next breakpoint, run back' },
  { keys: 'Home, End', does: 'First and last step' },
  {
    keys: 'B',
    does: 'Set or clear a breakpoint on the line, or on the instruction where there is no source',
  },
  { keys: 'Shift W', does: 'Watch a value' },
  { keys: 'N, Shift N', does: 'Next and previous write of the selected location' },
  { keys: ', .', does: 'Previous and next event' },
  { keys: 'F, Enter, Shift Enter', does: 'Find; next and previous hit' },
  { keys: 'W S A D', does: 'Zoom and pan, with the focus on the timeline' },
  { keys: 'Z, Shift Z', does: 'Zoom to the call, to the whole trace' },
  { keys: 'M', does: 'Mark this step' },
  { keys: 'Y', does: 'Copy a link to this step' },
];

const GO: Readonly<Record<string, string>> = { h: '/', b: '/blocks', t: '/txs', a: '/accounts' };
const CHORD_MS = 1200;

/** Whether a key belongs to a field that takes text. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return target?.matches?.('input, textarea, select, [contenteditable]') === true;
}

/** Keys that work on every screen. Those that are single letters can be switched off. */
export function startKeys(): void {
  let chordUntil = 0;
  addEventListener('keydown', (event) => {
    const isShortcut = (event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k';
    if (isShortcut) {
      event.preventDefault();
      openPalette('');
      return;
    }
    if (
      isPaletteOpen() ||
      isTyping(event) ||
      event.metaKey ||
      event.ctrlKey ||
      event.altKey ||
      event.defaultPrevented
    )
      return;
    if (letterKeys.value === 'off') return;
    const key = event.key.toLowerCase();
    if (chordUntil > event.timeStamp) {
      chordUntil = 0;
      const path = GO[key];
      if (path === undefined) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      navigate(href(path));
      return;
    }
    if (key === 'g') chordUntil = event.timeStamp + CHORD_MS;
    else if (event.key === '/') openPalette('');
    else if (event.key === '?') navigate(href('/keys'));
    else return;
    event.preventDefault();
  });
}
