import type { SuiteReport } from './report.ts';

export type SuiteOptions = {
  /** Folder of the conformance vectors. */
  readonly vectors: string;
  /** Fewer rounds and smaller samples: enough to see that all works. */
  readonly quick: boolean;
  /** Progress and what was left out; never the figures. */
  readonly say: (line: string) => void;
};

export type Suite = {
  readonly name: string;
  /** What is measured and what is included in it. */
  readonly about: string;
  /** Undefined when the peer is not there. */
  readonly run: (options: SuiteOptions) => Promise<SuiteReport | undefined>;
};
