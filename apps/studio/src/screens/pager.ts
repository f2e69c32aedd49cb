import type { Page } from '@ninefold/studio-api';

/** Reads one page of a list: the one behind a cursor, or the first. */
export type LoadPage<Item> = (before: string | undefined) => Promise<Page<Item>>;

/**
 * A list that is read page by page. One question is open at a time; what an older one answers after
 * {@link Pager.reload} or {@link Pager.close} is nobody's.
 */
export class Pager<Item> {
  /** Undefined until the first page is there. */
  items: readonly Item[] | undefined;
  error: unknown;
  #next: string | undefined;
  /** Number of the question that is open; 0 for none. */
  #open = 0;
  #asked = 0;
  readonly #load: LoadPage<Item>;
  readonly #changed: () => void;

  /** `changed` is called whenever there is something else to show. */
  constructor(load: LoadPage<Item>, changed: () => void) {
    this.#load = load;
    this.#changed = changed;
  }

  /** Reads the list anew; what is shown stays until the first page has come. */
  reload(): Promise<void> {
    return this.#ask(undefined, []);
  }

  /** Loads the next page, if there is one. */
  async more(): Promise<void> {
    if (this.#open !== 0 || this.#next === undefined) return;
    await this.#ask(this.#next, this.items ?? []);
  }

  close(): void {
    this.#open = 0;
  }

  async #ask(before: string | undefined, known: readonly Item[]): Promise<void> {
    const question = ++this.#asked;
    this.#open = question;
    try {
      let page = await this.#load(before);
      // A node may look through a part of its chain, find nothing, and say where to go on.
      while (this.#open === question && page.items.length === 0 && page.next !== undefined)
        page = await this.#load(page.next);
      if (this.#open !== question) return;
      this.items = [...known, ...page.items];
      this.#next = page.next;
      this.error = undefined;
    } catch (error) {
      if (this.#open !== question) return;
      this.error = error;
    }
    this.#open = 0;
    this.#changed();
  }
}
