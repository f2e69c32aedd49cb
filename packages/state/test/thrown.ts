import { isNinefoldError } from '@ninefold/base';

/** The code of the typed error that `action` throws; any other error passes through. */
export function thrownCode(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    return error.code;
  }
  throw new Error('nothing was thrown');
}
