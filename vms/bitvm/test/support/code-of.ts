import { isNinefoldError } from '@ninefold/base';

/** The code of the error that an action throws; undefined when it throws none. */
export function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (isNinefoldError(error)) return error.code;
    throw error;
  }
  return undefined;
}
