import type { SuiteEntry } from './suite.ts';

/** Every suite there is; `load` keeps what a run does not need out of its workers. */
export const SUITES: readonly SuiteEntry[] = [];
