export type Listener<Payload> = (payload: Payload) => void;

/** Typed events, delivered synchronously in order of subscription. */
export type Emitter<Events> = {
  /** Subscribes; the result unsubscribes. */
  readonly on: <Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>) => () => void;
  readonly emit: <Name extends keyof Events>(name: Name, payload: Events[Name]) => void;
};

/**
 * A listener that throws does not keep the others from hearing the event, nor the emitter from
 * going on: its error goes to `onError`.
 *
 * @example
 * const events = createEmitter<{ block: { number: number } }>(console.error);
 * const stop = events.on('block', ({ number }) => console.log(number));
 */
export function createEmitter<Events>(onError: (error: unknown) => void): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<Listener<never>>>();
  return {
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
    emit: (name, payload) => {
      // A copy: a listener may unsubscribe itself or others while it is called.
      for (const listener of Array.from(listeners.get(name) ?? [])) {
        try {
          (listener as Listener<typeof payload>)(payload);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}
