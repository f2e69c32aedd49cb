/** A change of a value: where, and the value with it. */
export type Alteration<Value> = readonly [path: string, altered: Value];

/**
 * Each small change of a value made of records, lists, bytes and numbers: every number plus one, every digest
 * with another byte, every list with an item less, an item twice, and neighbours swapped where they differ.
 */
export function* alterations<Value>(value: Value): Generator<Alteration<Value>> {
  if (typeof value === 'number') {
    yield [' + 1', (value + 1) as Value];
  } else if (value instanceof Uint8Array) {
    // A digest: one byte stands for all.
    yield ['[0]', value.with(0, (value[0] as number) ^ 1) as Value];
  } else if (Array.isArray(value)) {
    yield* listAlterations(value) as Generator<Alteration<Value>>;
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      for (const [path, altered] of alterations(member as unknown)) {
        yield [`.${name}${path}`, { ...value, [name]: altered }];
      }
    }
  }
}

function* listAlterations(list: readonly unknown[]): Generator<Alteration<readonly unknown[]>> {
  for (const [i, item] of list.entries()) {
    for (const [path, altered] of alterations(item)) yield [`[${i}]${path}`, list.with(i, altered)];
    if (i > 0 && JSON.stringify(list[i - 1]) !== JSON.stringify(item)) {
      yield [`[${i - 1}] and [${i}]`, list.with(i - 1, item).with(i, list[i - 1])];
    }
  }
  if (list.length === 0) return;
  yield [' less the last', list.slice(0, -1)];
  yield [' the last twice', [...list, list.at(-1)]];
}
