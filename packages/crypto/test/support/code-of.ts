import { isNinefoldError } from '@ninefold/base';

/** The code of the error that `run` throws, undefined when it does not. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return isNinefoldError(error) ? error.code : String(error);
  }
  return undefined;
}
