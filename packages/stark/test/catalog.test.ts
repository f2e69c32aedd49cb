import { describe, expect, it } from 'vitest';
import type { Proof, SegmentProof, Trace } from '../src/index.ts';
import {
  checkTrace,
  createKey,
  createTable,
  defineBus,
  defineChip,
  defineMachine,
  lintMachine,
  prove,
  verify,
} from '../src/index.ts';
import { extensionOf } from '../src/field/extension.ts';
import { cloneTrace, SAMPLES } from '../src/samples.ts';
import { MESSAGES, Transcript } from '../src/protocol/transcript.ts';

// One test for each class of published soundness bugs that a framework can have. Those of machines (division,
// memory words, gas …) are tested with the machines.

const invalid: object = expect.objectContaining({ code: 'STARK_INVALID_PROOF' });

function example(name: keyof typeof SAMPLES): {
  readonly key: ReturnType<typeof createKey>;
  readonly proof: Proof;
  readonly publicValues: readonly number[];
  /** The proof with its segment changed. */
  readonly changed: (change: (segment: SegmentProof) => Partial<SegmentProof>) => Proof;
  readonly refuse: (proof: Proof) => void;
} {
  const { machine, trace, fixed, publicValues } = SAMPLES[name]();
  const key = createKey(machine, fixed, 'dev');
  const proof = prove(key, [{ trace, publicValues }]);
  const [segment] = proof.segments as [SegmentProof];
  verify(key.verifyingKey, [publicValues], proof);
  return {
    key,
    proof,
    publicValues,
    changed: (change) => ({ ...proof, segments: [{ ...segment, ...change(segment) }] }),
    refuse: (wrong) => expect(() => verify(key.verifyingKey, [publicValues], wrong)).toThrow(invalid),
  };
}

const bump = (element: readonly number[], by = 1): number[] =>
  element.map((word, i) => (i === 0 ? (word + by + 0x7fffffff) % 0x7fffffff : word));

describe('Fiat–Shamir', () => {
  it('binds claimed sums: shifting them against each other is refused (SP1 GHSA-8m24-3cfx-9fjw)', () => {
    const { changed, refuse } = example('memory');
    refuse(
      changed(({ claimedSums: [first, second, ...rest] }) => ({
        claimedSums: [bump(first!), bump(second!, -1), ...rest],
      })),
    );
  });

  it('binds public values, each of them (Binius64 #1350, SP1 GHSA-6248 (1), Pico)', () => {
    const { key, proof, publicValues } = example('fibonacci');
    publicValues.forEach((value, i) => {
      const others = publicValues.with(i, (value + 1) % 0x7fffffff);
      expect(() => verify(key.verifyingKey, [others], proof)).toThrow(invalid);
    });
    expect(() => verify(key.verifyingKey, [[...publicValues, 0]], proof)).toThrow(invalid);
    expect(() => verify(key.verifyingKey, [publicValues.with(0, 0x7fffffff)], proof)).toThrow(invalid);
    expect(() => verify(key.verifyingKey, [], proof)).toThrow(invalid);
  });

  it('binds every commitment, the first as the last (gnark CVE-2024-45039)', () => {
    const { changed, refuse } = example('memory');
    const flip = (root: Uint32Array | undefined): Uint32Array =>
      root!.map((word, i) => (i === 0 ? word ^ 1 : word));
    refuse(changed(({ mainRoot }) => ({ mainRoot: flip(mainRoot) })));
    refuse(changed(({ interactionRoot }) => ({ interactionRoot: flip(interactionRoot) })));
    refuse(changed(({ compositionRoot }) => ({ compositionRoot: flip(compositionRoot) })));
    refuse(changed(({ quotientRoot }) => ({ quotientRoot: flip(quotientRoot) })));
    refuse(
      changed(({ foldRoots }) => ({ foldRoots: foldRoots.map((root, i) => (i === 0 ? flip(root) : root)) })),
    );
  });

  it('binds opened values and the work before each challenge', () => {
    const { changed, refuse, proof } = example('rangeCheck');
    proof.segments[0]!.opened.forEach((values, group) =>
      values.forEach((word, i) => {
        const other = (word + 1) % 0x7fffffff;
        refuse(changed(({ opened }) => ({ opened: opened.with(group, values.with(i, other)) })));
      }),
    );
    proof.segments[0]!.nonces.forEach((_, i) => {
      refuse(changed(({ nonces }) => ({ nonces: nonces.with(i, 1) })));
    });
    refuse({ ...proof, lookupNonce: 1 });
  });

  it('changes every later challenge with any message', () => {
    const field = extensionOf(4);
    const kinds = Object.values(MESSAGES);
    const challenges = (changedAt: number): string[] => {
      const transcript = new Transcript('blake2s');
      return kinds.map((kind, i) => {
        transcript.absorb(kind, [1, 2, i === changedAt ? 4 : 3]);
        return transcript.element(field).join();
      });
    };
    const honest = challenges(-1);
    kinds.forEach((_, at) => {
      challenges(at).forEach((challenge, i) => expect(challenge === honest[i]).toBe(i < at));
    });
    // Messages cannot be cut otherwise, or taken for another kind.
    const split = (...messages: [(typeof kinds)[number], number[]][]): string => {
      const transcript = new Transcript('blake2s');
      for (const [kind, words] of messages) transcript.absorb(kind, words);
      return transcript.state().join();
    };
    const states = [
      split([1, [1, 2]]),
      split([1, [1]], [1, [2]]),
      split([2, [1, 2]]),
      split([1, [1, 2, 0]]),
      split([1, []], [1, [1, 2]]),
    ];
    expect(new Set(states).size).toBe(states.length);
  });
});

describe('the verifier', () => {
  it('refuses other chips, orders and heights (SP1 GHSA-c873-wfhp-wx5m (1))', () => {
    const { changed, refuse } = example('memory');
    for (const heights of [
      [3, 4, 5],
      [4, 3],
      [4, 3, undefined],
      [undefined, 3, 5],
      [4, 3, 5, 3],
      [4, 4, 5],
      [2, 3, 5],
      [23, 3, 5],
      [4.5, 3, 5],
      [4, 3, 6],
      [Number.NaN, 3, 5],
      [undefined, undefined, undefined],
    ]) {
      refuse(changed(() => ({ logHeights: heights })));
    }
    const walk = example('walk');
    walk.refuse(walk.changed(() => ({ logHeights: [3, 3] })));
  });

  it('takes a whole run or none: no segment can be dropped (SP1 GHSA-c873-wfhp-wx5m (2))', () => {
    const { key, proof, publicValues } = example('walk');
    const [segment] = proof.segments as [SegmentProof];
    for (const segments of [[], [segment, segment]]) {
      const statements = segments.map(() => publicValues);
      expect(() => verify(key.verifyingKey, statements, { ...proof, segments })).toThrow(invalid);
    }
  });

  it('takes a proof for its own machine only (Pico)', () => {
    const { proof, publicValues } = example('fibonacci');
    const { machine } = SAMPLES.fibonacci();
    const renamed = createKey({ ...machine, name: 'other' }, {}, 'dev').verifyingKey;
    expect(() => verify(renamed, [publicValues], proof)).toThrow(invalid);
    const range = SAMPLES.rangeCheck();
    const fixed = cloneTrace(range.fixed);
    fixed['table']!.columns[0]![15] = 99;
    const honest = example('rangeCheck');
    const other = createKey(range.machine, fixed, 'dev').verifyingKey;
    expect(() => verify(other, [[]], honest.proof)).toThrow(invalid);
    const { verifyingKey } = honest.key;
    expect(() => verify({ ...verifyingKey, preprocessedRoot: undefined }, [[]], honest.proof)).toThrow(
      invalid,
    );
    expect(() => verify(verifyingKey, [[]], { ...honest.proof, parameters: 'p100' })).toThrow(invalid);
  });

  it('refuses a final polynomial of another degree (Plonky3 GHSA-f69f-5fx9-w9r9)', () => {
    const { changed, refuse } = example('memory');
    refuse(changed(({ finalPolynomial }) => ({ finalPolynomial: [...finalPolynomial, [0, 0, 0, 0]] })));
    refuse(changed(({ finalPolynomial }) => ({ finalPolynomial: finalPolynomial.slice(1) })));
    refuse(changed(({ foldRoots }) => ({ foldRoots: foldRoots.slice(1) })));
    refuse(changed(({ foldRoots }) => ({ foldRoots: [...foldRoots, foldRoots[0]!] })));
  });

  it('refuses values that are not canonical (SP1 GHSA-f77q-r5qm-w4m8)', () => {
    const { changed, refuse, proof } = example('walk');
    const alias = (element: readonly number[]): number[] => element.map((word) => word + 0x7fffffff);
    refuse(changed(({ claimedSums }) => ({ claimedSums: claimedSums.map(alias) })));
    refuse(changed(({ finalPolynomial }) => ({ finalPolynomial: finalPolynomial.map(alias) })));
    refuse(
      changed(({ opened }) => ({ opened: opened.map((values) => values.map((word) => word + 0x7fffffff)) })),
    );
    proof.segments[0]!.openings.forEach(({ values }, i) => {
      refuse(
        changed(({ openings }) => ({
          openings: openings.with(i, { ...openings[i]!, values: values.map((word) => word + 0x7fffffff) }),
        })),
      );
    });
  });

  it('refuses openings with too much or too little in them', () => {
    const { changed, refuse, proof } = example('rangeCheck');
    proof.segments[0]!.openings.forEach(({ values, siblings }, i) => {
      for (const wrong of [
        { values: values.slice(1), siblings },
        { values: Uint32Array.of(...values, 0), siblings },
        { values, siblings: siblings.slice(8) },
        { values, siblings: siblings.slice(1) },
        { values, siblings: Uint32Array.of(...siblings, 0, 0, 0, 0, 0, 0, 0, 0) },
      ]) {
        refuse(changed(({ openings }) => ({ openings: openings.with(i, wrong) })));
      }
    });
    refuse(changed(({ openings }) => ({ openings: openings.slice(1) })));
    refuse(changed(({ opened }) => ({ opened: opened.slice(1) })));
    refuse(changed(({ claimedSums }) => ({ claimedSums: claimedSums.slice(1) })));
    refuse(changed(({ interactionRoot }) => ({ interactionRoot: interactionRoot!.slice(1) })));
    refuse(changed(() => ({ interactionRoot: undefined })));
  });
});

describe('constraints', () => {
  it('notice rows in another order: state goes through a bus with time in it (Nexus #612)', () => {
    const { machine, trace, publicValues } = SAMPLES.walk();
    const permuted = cloneTrace(trace);
    for (const column of permuted['steps']!.columns) [column[1], column[2]] = [column[2]!, column[1]!];
    expect(checkTrace(machine, permuted, { publicValues })).not.toEqual([]);
  });

  it('notice a run that begins or ends in the middle (Scroll RLP initial state, RISC Zero GHSA-5c79)', () => {
    const { machine, trace } = SAMPLES.walk();
    expect(checkTrace(machine, trace, { publicValues: [3, 8, 1023] })).toEqual([]);
    for (const publicValues of [
      [7, 8, 1023],
      [3, 7, 511],
      [3, 7, 1023],
    ]) {
      expect(checkTrace(machine, trace, { publicValues })).not.toEqual([]);
    }
    const shorter = cloneTrace(trace);
    for (const column of shorter['steps']!.columns) column[7] = 0;
    expect(checkTrace(machine, shorter, { publicValues: [3, 7, 511] })).not.toEqual([]);
  });

  it('notice real rows marked as padding and padding as real (Scroll padding chunks)', () => {
    const { machine, trace, fixed } = SAMPLES.rangeCheck();
    for (const row of [0, 3, 5, 6, 7]) {
      const flipped = cloneTrace(trace);
      const real = flipped['words']!.columns.at(-1)!;
      real[row] = 1 - real[row]!;
      expect(checkTrace(machine, flipped, { fixed })).not.toEqual([]);
    }
  });

  it('notice two flags of a one-hot group, and flags that are none (Scroll OneHot, Polygon isNeg)', () => {
    const chip = defineChip('kinds', (air) => {
      air.assertOneHot('one kind', [air.column('read'), air.flag('write')]);
    });
    const machine = defineMachine({ name: 'm', chips: [chip] });
    const table = createTable(chip, 3);
    table.column('read').fill(1);
    const trace: Trace = { kinds: table };
    expect(checkTrace(machine, trace)).toEqual([]);
    for (const [read, write] of [
      [1, 1],
      [0, 0],
      [2, 0x7ffffffe],
      [0x40000000, 0x40000000],
    ]) {
      const wrong = cloneTrace(trace);
      wrong['kinds']!.columns[0]![2] = read!;
      wrong['kinds']!.columns[1]![2] = write!;
      expect(checkTrace(machine, wrong)).not.toEqual([]);
    }
  });

  it('notice a cell that begins twice (memory initialised twice)', () => {
    const { machine, trace, fixed } = SAMPLES.memory();
    const wrong = cloneTrace(trace);
    for (const column of wrong['ends']!.columns) column[3] = column[2]!;
    expect(checkTrace(machine, wrong, { fixed })).not.toEqual([]);
  });

  it('that lack a boolean are found by the linter (Polygon SMT bit)', () => {
    const bus = defineBus('b', 1);
    const chip = defineChip('bits', (air) => {
      const bit = air.column('bit');
      air.send(bus, [bit], bit);
      air.receive(bus, [bit], air.flag('other'));
    });
    expect(lintMachine(defineMachine({ name: 'm', chips: [chip] })).map(({ rule }) => rule)).toContain(
      'free-multiplicity',
    );
  });
});

describe('lookups', () => {
  it('bind the length of messages and the bus (Scroll RLC leading zeros)', () => {
    const [short, long] = [defineBus('short', 1), defineBus('long', 2)];
    const chip = defineChip('talk', (air) => {
      const value = air.column('value');
      air.send(short, [value]);
      air.receive(long, [value, 0]);
    });
    const machine = defineMachine({ name: 'm', chips: [chip] });
    const trace: Trace = { talk: createTable(chip, 3) };
    expect(checkTrace(machine, trace)).toHaveLength(2);
    const key = createKey(machine, {}, 'dev');
    expect(() => verify(key.verifyingKey, [[]], prove(key, [{ trace }]))).toThrow(invalid);
  });

  it('refuse public messages that are none', () => {
    const bus = defineBus('b', 1);
    const chip = defineChip('talk', (air) => air.send(bus, [air.column('value')]));
    for (const message of [
      { bus, values: [1, 2], multiplicity: -8 },
      { bus: defineBus('other', 1), values: [0], multiplicity: -8 },
    ]) {
      const machine = defineMachine({ name: 'm', chips: [chip], messages: () => [message] });
      const key = createKey(machine, {}, 'dev');
      const proof = prove(key, [{ trace: { talk: createTable(chip, 3) } }]);
      expect(() => verify(key.verifyingKey, [[]], proof)).toThrow(invalid);
    }
  });
});
