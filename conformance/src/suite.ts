/** What a suite's runner says of one vector folder it went through as a whole. */
export type FolderResult = {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly string[];
};

/** Takes the cases of a record: runs `check` unless the case is filtered out, and counts it. */
export type CaseSink = {
  /** `check` returns what is wrong, or `undefined`; what it throws is wrong too. */
  readonly check: (name: string, check: () => string | undefined) => void;
};

/**
 * How a suite reads its vectors. Record suites are files of one JSON record a line, or of one object
 * whose members are records; they are split over the workers. Folder suites read what they need
 * themselves.
 */
export type Suite =
  | {
      readonly kind: 'records';
      /** Whether a record is of this suite's format. */
      readonly accepts: (record: Readonly<Record<string, unknown>>) => boolean;
      readonly run: (record: Readonly<Record<string, unknown>>, cases: CaseSink) => void;
    }
  | { readonly kind: 'folder'; readonly run: (folder: string) => FolderResult | Promise<FolderResult> };

/** A line of the table of suites. */
export type SuiteEntry = {
  /** `family/name`: `evm/state`; the family alone stands for all of its suites. */
  readonly name: string;
  /** Where its vectors are, below the root of all vectors. */
  readonly vectors: string;
  readonly load: () => Promise<Suite>;
};

/** Family of a suite: the folder of its manifest and skips. */
export function familyOf(suite: string): string {
  return suite.slice(0, suite.indexOf('/'));
}
