import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { plain } from './format.ts';

type Note = { readonly id: number; readonly text: string; readonly tone: 'ok' | 'bad' };

const SHOWN_MS = 6000;
const notes = signal<readonly Note[]>([]);
let nextId = 1;

/** One line at the bottom right, for six seconds. */
export function toast(text: string, tone: Note['tone'] = 'ok'): void {
  const id = nextId++;
  notes.value = [...notes.value, { id, text, tone }].slice(-3);
  setTimeout(() => (notes.value = notes.value.filter((note) => note.id !== id)), SHOWN_MS);
}

export function toastError(error: unknown): void {
  toast(error instanceof Error ? error.message : String(error), 'bad');
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {notes.value.map(({ id, text, tone }) => (
        <div key={id} class={`toast ${tone}`}>
          {plain(text, 200)}
        </div>
      ))}
    </div>
  );
}
