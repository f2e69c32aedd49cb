import { describe, expect, it } from 'vitest';
import { defineErrors, invariant, isNinefoldError, NinefoldError, unreachable } from '@ninefold/base';

const fail = defineErrors({
  TEST_TOO_LARGE: (context: { readonly size: number }) => `${context.size} is too large`,
  TEST_EMPTY: () => 'Nothing there',
});

describe('errors', () => {
  it('carries code, context and a sentence', () => {
    const error = fail('TEST_TOO_LARGE', { size: 3 });
    expect(error).toBeInstanceOf(NinefoldError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'TEST_TOO_LARGE', context: { size: 3 }, message: '3 is too large' });
    expect(String(error)).toBe('NinefoldError: 3 is too large');
  });

  it('is recognised by name and code, also from another copy of the package', () => {
    const foreign = Object.assign(new Error('x'), { name: 'NinefoldError', code: 'TEST_EMPTY' });
    expect(isNinefoldError(foreign)).toBe(true);
    expect(isNinefoldError(foreign, 'TEST_EMPTY')).toBe(true);
    expect(isNinefoldError(foreign, 'TEST_TOO_LARGE')).toBe(false);
  });

  it.each([
    undefined,
    null,
    'NinefoldError',
    new Error('x'),
    { name: 'NinefoldError', code: 3 },
    { code: 'A' },
  ])('does not take %s for one', (value) => expect(isNinefoldError(value)).toBe(false));

  it('shows the chain of causes in JSON', () => {
    const cause = fail('TEST_EMPTY', undefined, { cause: new TypeError('deep') });
    const error = fail('TEST_TOO_LARGE', { size: 1 }, { cause });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'TEST_TOO_LARGE',
      message: '1 is too large',
      context: { size: 1 },
      cause: { code: 'TEST_EMPTY', message: 'Nothing there', cause: 'deep' },
    });
    expect(fail('TEST_TOO_LARGE', { size: 1 }).toJSON()).not.toHaveProperty('cause');
    expect(fail('TEST_EMPTY', undefined, { cause: 7 }).toJSON().cause).toBe(7);
  });
});

describe('assertions', () => {
  it('passes what holds and throws a plain error otherwise', () => {
    invariant(1, 'one');
    const broken = (): void => invariant(0, 'zero');
    expect(broken).toThrow('zero');
    expect(() => unreachable('left' as never)).toThrow('left');
    try {
      broken();
    } catch (error) {
      expect(isNinefoldError(error)).toBe(false);
    }
  });
});
