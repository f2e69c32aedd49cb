export type Counter = { readonly add: (amount?: number) => void; readonly value: () => number };
export type Histogram = { readonly observe: (value: number) => void };

export type Metrics = {
  readonly counter: (name: string, help: string) => Counter;
  /** `bounds` are the upper edges of the buckets, ascending; +Inf is added. */
  readonly histogram: (name: string, help: string, bounds: readonly number[]) => Histogram;
  /** The Prometheus text exposition format, version 0.0.4. */
  readonly render: () => string;
};

/** Counters and histograms of one process; asking for a name twice gives the same one. */
export function createMetrics(): Metrics {
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const renderers: (() => string[])[] = [];

  const counter: Metrics['counter'] = (name, help) => {
    const known = counters.get(name);
    if (known) return known;
    let total = 0;
    const made: Counter = {
      add: (amount = 1) => {
        total += amount;
      },
      value: () => total,
    };
    counters.set(name, made);
    renderers.push(() => [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, `${name} ${total}`]);
    return made;
  };

  const histogram: Metrics['histogram'] = (name, help, bounds) => {
    const known = histograms.get(name);
    if (known) return known;
    const counts = new Float64Array(bounds.length);
    let count = 0;
    let sum = 0;
    const made: Histogram = {
      observe: (value) => {
        count++;
        sum += value;
        // Buckets are cumulative: a value counts in every bucket whose edge it does not pass.
        for (let i = bounds.length - 1; i >= 0 && value <= (bounds[i] as number); i--) {
          counts[i] = (counts[i] as number) + 1;
        }
      },
    };
    histograms.set(name, made);
    renderers.push(() => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} histogram`,
      ...bounds.map((bound, i) => `${name}_bucket{le="${bound}"} ${counts[i]}`),
      `${name}_bucket{le="+Inf"} ${count}`,
      `${name}_sum ${sum}`,
      `${name}_count ${count}`,
    ]);
    return made;
  };

  return { counter, histogram, render: () => renderers.flatMap((render) => render()).join('\n') + '\n' };
}
