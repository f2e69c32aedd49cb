import type { Json, JsonObject } from '../rpc/parsed/fields.ts';

/** The description of a program's interface, as Anchor writes it. */
export type Idl = JsonObject & { readonly address: string };

type Registered = { readonly slot: number; readonly idl: Json };

/**
 * Interface descriptions by program, each from a slot on.
 *
 * @example
 * const idls = new IdlRegistry();
 * idls.register({ address: program, instructions: [] }, 10);
 * idls.activeAt(program, 12); // the one of slot 10
 */
export class IdlRegistry {
  readonly #programs: Map<string, readonly Registered[]>;

  constructor(programs: ReadonlyMap<string, readonly Registered[]> = new Map()) {
    this.#programs = new Map(programs);
  }

  /** Takes `idl` for the program from `slot` on; the latest given counts of those for one slot. */
  register(idl: Idl, slot: number): void {
    const known = this.#programs.get(idl.address) ?? [];
    const others = known.filter((each) => each.slot !== slot);
    this.#programs.set(
      idl.address,
      [...others, { slot, idl }].sort((a, b) => a.slot - b.slot),
    );
  }

  /** What describes the program in `slot`; `undefined` when nothing was registered until then. */
  activeAt(program: string, slot: number): Json | undefined {
    return this.#programs.get(program)?.findLast((each) => each.slot <= slot)?.idl;
  }

  /** The same once more, to go another way. */
  fork(): IdlRegistry {
    return new IdlRegistry(this.#programs);
  }

  clear(): void {
    this.#programs.clear();
  }
}
