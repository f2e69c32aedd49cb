import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extensionOf } from '../src/field/extension.ts';
import { P } from '../src/field/m31.ts';
import { HASHERS, type HashName } from '../src/kernel/hasher.ts';
import { MESSAGES, Transcript } from '../src/protocol/transcript.ts';

type Kind = (typeof MESSAGES)[keyof typeof MESSAGES];
type Message = readonly [kind: Kind, words: readonly number[]];

const KINDS = Object.values(MESSAGES);
const message: fc.Arbitrary<Message> = fc.tuple(
  fc.constantFrom(...KINDS),
  fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 20 }),
);

const of = (name: HashName, messages: readonly Message[]): Transcript => {
  const transcript = new Transcript(name);
  for (const [kind, words] of messages) transcript.absorb(kind, words);
  return transcript;
};
const stateOf = (name: HashName, messages: readonly Message[]): string => of(name, messages).state().join();

describe.each(Object.keys(HASHERS) as HashName[])('the transcript of %s', (name) => {
  it('is another one after other messages, and the same after the same', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(message, { maxLength: 5 }), (a, b) => {
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        expect(stateOf(name, a) === stateOf(name, b)).toBe(isSame);
      }),
    );
  });

  it('depends on the order of messages, their kinds, and where one ends', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 2, maxLength: 5 }), fc.nat(), fc.nat(), (messages, i, j) => {
        const at = i % (messages.length - 1);
        const [first, second] = [messages[at]!, messages[at + 1]!];
        const before = stateOf(name, messages);
        const other = (...changed: readonly Message[]): string =>
          stateOf(name, [...messages.slice(0, at), ...changed, ...messages.slice(at + 2)]);
        if (JSON.stringify(first) !== JSON.stringify(second)) expect(other(second, first)).not.toBe(before);
        const kind = KINDS.find((own) => own !== first[0])!;
        expect(other([kind, first[1]], second)).not.toBe(before);
        // The same words, cut elsewhere.
        const words = [...first[1], ...second[1]];
        const cut = j % (words.length + 1);
        if (cut !== first[1].length) {
          expect(other([first[0], words.slice(0, cut)], [second[0], words.slice(cut)])).not.toBe(before);
        }
        expect(other([first[0], words])).not.toBe(before);
        expect(other(first, [first[0], []], second)).not.toBe(before);
      }),
    );
  });

  it('does not care in which parts a message comes', () => {
    fc.assert(
      fc.property(message, fc.nat(), ([kind, words], i) => {
        const cut = i % (words.length + 1);
        const parts = new Transcript(name);
        parts.absorb(kind, words.slice(0, cut), Uint32Array.from(words.slice(cut)), []);
        expect(parts.state().join()).toBe(stateOf(name, [[kind, words]]));
      }),
    );
  });

  it('draws one thing after the other, without changing what it is', () => {
    const transcript = of(name, [[MESSAGES.bundle, [7]]]);
    const before = transcript.state();
    const field = extensionOf(4);
    const drawn = Array.from({ length: 40 }, () => transcript.element(field).join());
    expect(new Set(drawn).size).toBe(40);
    expect(transcript.state()).toEqual(before);
    // A message begins a new sequence: what was drawn before is of no matter.
    const fresh = of(name, [[MESSAGES.bundle, [7]]]);
    transcript.absorb(MESSAGES.segment, [1]);
    fresh.absorb(MESSAGES.segment, [1]);
    expect(transcript.element(field)).toEqual(fresh.element(field));
  });

  it('goes on where it was in a fork', () => {
    const transcript = of(name, [[MESSAGES.bundle, [1]]]);
    transcript.indices(3, 10);
    const twin = transcript.fork();
    expect(twin.indices(20, 10)).toEqual(transcript.indices(20, 10));
    transcript.absorb(MESSAGES.bundle, [1]);
    expect(twin.state()).not.toEqual(transcript.state());
  });

  it('draws words of all sizes, each below the modulus', () => {
    const transcript = of(name, [[MESSAGES.statement, []]]);
    const words = Array.from({ length: 300 }, () => transcript.element(extensionOf(6))).flat();
    expect(words.every((word) => word < P)).toBe(true);
    // Sixteenths of the field are hit about equally: 1800 draws, 112 each.
    const counts = new Array<number>(16).fill(0);
    for (const word of words) counts[Math.floor((16 * word) / P)]!++;
    for (const count of counts) expect(Math.abs(count - 112.5)).toBeLessThan(60);
  });

  it('draws indices of no and of all bits', () => {
    const transcript = of(name, []);
    expect(transcript.indices(3, 0)).toEqual([0, 0, 0]);
    expect(transcript.indices(0, 5)).toEqual([]);
    const wide = transcript.indices(64, 32);
    expect(wide.some((index) => index >= 2 ** 31)).toBe(true);
    expect(new Set(wide).size).toBe(64);
  });

  it('takes the first nonce with the work, and no other state’s', () => {
    const transcript = of(name, [[MESSAGES.bundle, [3]]]);
    const tried: number[] = [];
    const nonce = transcript.fork().grind(6, (personal, seed, bits, from, count) => {
      tried.push(from);
      return HASHERS[name].findNonce(personal, seed, bits, from, count);
    })!;
    expect(tried).toEqual([0]);
    const others = Array.from({ length: 12 }, (_, i) => of(name, [[MESSAGES.bundle, [4 + i]]]));
    expect(transcript.checkGrind(6, nonce)).toBe(true);
    // A chance of 1 in 64 each.
    expect(others.filter((other) => other.checkGrind(6, nonce)).length).toBeLessThan(6);
  });

  it('gives up when no nonce has the work', () => {
    const transcript = of(name, []);
    const before = transcript.state();
    let asked = 0;
    expect(transcript.grind(30, () => void asked++)).toBeUndefined();
    expect(asked).toBe(2 ** 16 - 1);
    expect(transcript.state()).toEqual(before);
  });
});
