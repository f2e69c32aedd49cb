import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Validator } from '@ninefold/rpc';
import {
  anyOf,
  anything,
  array,
  boolean,
  integer,
  named,
  object,
  oneOf,
  optional,
  ParamFailure,
  pathText,
  string,
  tuple,
  withDefault,
} from '@ninefold/rpc';

function failureOf(check: Validator<unknown>, value: unknown): ParamFailure {
  try {
    check(value);
  } catch (error) {
    if (error instanceof ParamFailure) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('scalars', () => {
  it.each<[Validator<unknown>, unknown]>([
    [boolean, false],
    [string(), ''],
    [string(2), 'ab'],
    [integer(), 0],
    [integer(-1, 1), -1],
    [oneOf(['latest', 'earliest']), 'earliest'],
    [anything, { a: 1 }],
  ])('%# accepts and returns the value', (check, value) => {
    expect(check(value)).toBe(value);
  });

  it.each<[Validator<unknown>, unknown]>([
    [boolean, 0],
    [string(), 1],
    [string(2), 'abc'],
    [integer(), -1],
    [integer(), 0.5],
    [integer(), '1'],
    [integer(), 2 ** 53],
    [integer(0, 5), 6],
    [oneOf(['a']), 'b'],
    [oneOf(['a']), ['a']],
    [string(), null],
    [string(), {}],
    [string(), []],
  ])('%# refuses', (check, value) => {
    expect(failureOf(check, value)).toMatchObject({ problem: 'type', path: [] });
  });

  it('tells a missing value from a wrong one', () => {
    expect(failureOf(string(), undefined).problem).toBe('missing');
  });

  it('suggests a near member of a set', () => {
    expect(failureOf(oneOf(['latest', 'pending']), 'lateset').message).toContain('did you mean "latest"');
  });

  it('shortens what it shows', () => {
    expect(failureOf(boolean, 'x'.repeat(1e6)).message.length).toBeLessThan(200);
  });
});

describe('absence', () => {
  it('is undefined or the default, for null as well', () => {
    expect(optional(string())(null)).toBeUndefined();
    expect(optional(string())(undefined)).toBeUndefined();
    expect(optional(string())('a')).toBe('a');
    expect(withDefault(string(), 'x')(undefined)).toBe('x');
    expect(withDefault(string(), 'x')('')).toBe('');
    expect(failureOf(optional(string()), 1).problem).toBe('type');
  });
});

describe('alternatives', () => {
  it('takes the first that accepts and reports the last', () => {
    const check = anyOf(integer(), string(3));
    expectTypeOf(check).returns.toEqualTypeOf<number | string>();
    expect(check(1)).toBe(1);
    expect(check('a')).toBe('a');
    expect(failureOf(check, 'long').message).toContain('longer than 3');
  });

  it('lets bugs through', () => {
    const broken: Validator<never> = () => {
      throw new TypeError('bug');
    };
    expect(() => anyOf(broken, string())('a')).toThrow(TypeError);
    expect(() => array(broken)([1])).toThrow(TypeError);
  });
});

describe('structures', () => {
  const transaction = object({ to: string(), data: optional(string()) });

  it('names the place of a failure', () => {
    const params = tuple([array(transaction), integer()]);
    expectTypeOf(params).returns.toEqualTypeOf<
      [{ readonly to: string; readonly data: string | undefined }[], number]
    >();
    expect(params([[{ to: 'a' }], 1])).toEqual([[{ to: 'a', data: undefined }], 1]);
    const failure = failureOf(params, [[{ to: 'a' }, { to: 'b', data: 7 }], 1]);
    expect(failure.path).toEqual([0, 1, 'data']);
    expect(pathText(failure.path)).toBe('params[0][1].data');
  });

  it('tells missing and surplus parameters', () => {
    expect(failureOf(tuple([string()]), [])).toMatchObject({ problem: 'missing', path: [0] });
    expect(failureOf(tuple([string()]), ['a', 'b'])).toMatchObject({ problem: 'surplus', path: [] });
    expect(failureOf(tuple([]), {}).problem).toBe('type');
    expect(tuple([string(), optional(string())])(['a'])).toEqual(['a', undefined]);
  });

  it('refuses unknown keys with a suggestion, or ignores them', () => {
    const failure = failureOf(transaction, { to: 'a', dta: 'b' });
    expect(failure.problem).toBe('surplus');
    expect(failure.message).toContain('did you mean "data"');
    const lenient = object({ to: string() }, { unknownKeys: 'ignore' });
    expect(lenient({ to: 'a', more: 1 })).toEqual({ to: 'a' });
  });

  it('reads own members only and hands on none of the sender’s keys', () => {
    const check = object({ constructor: optional(anything) }, { unknownKeys: 'ignore' });
    const hostile = JSON.parse('{"__proto__":{"admin":true}}') as unknown;
    const value = check(hostile);
    expect(value.constructor).toBeUndefined();
    expect((value as { admin?: unknown }).admin).toBeUndefined();
    expect(failureOf(transaction, JSON.parse('{"to":"a","__proto__":{}}')).problem).toBe('surplus');
  });

  it('limits arrays', () => {
    expect(array(anything, 2)([1, 2])).toEqual([1, 2]);
    expect(failureOf(array(anything, 2), [1, 2, 3]).problem).toBe('type');
    expect(failureOf(array(anything), {}).problem).toBe('type');
  });

  it('takes named parameters by name and by position', () => {
    const check = named({ block: string(), index: withDefault(integer(), 0) });
    expectTypeOf(check).returns.toEqualTypeOf<{ readonly block: string; readonly index: number }>();
    expect(check({ index: 2, block: 'a' })).toEqual({ block: 'a', index: 2 });
    expect(check(['a'])).toEqual({ block: 'a', index: 0 });
    expect(failureOf(check, { index: 1 }).path).toEqual(['block']);
    expect(failureOf(check, [1]).path).toEqual([0]);
  });

  it('is total on any JSON', () => {
    const check = tuple([anyOf(transaction, array(integer()), string()), optional(named({ a: boolean }))]);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          check(value);
        } catch (error) {
          expect(error).toBeInstanceOf(ParamFailure);
        }
      }),
    );
  });
});
