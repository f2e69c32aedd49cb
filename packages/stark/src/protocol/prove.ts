import type { ChipTrace, Trace } from '../air/trace.ts';
import { checkHeight, checkShape, checkTable } from '../air/trace.ts';
import { rowsOf } from '../commit/nodes.ts';
import type { MemberLayer } from '../commit/members.ts';
import { openedMembers, withoutKnown } from '../commit/members.ts';
import type { MerkleTree, TreeOpening } from '../commit/tree.ts';
import { fail } from '../errors.ts';
import { extensionOf } from '../field/extension.ts';
import { isM31, P } from '../field/m31.ts';
import type { Pool } from '../kernel/pool.ts';
import type { Columns, Workspace } from '../kernel/workspace.ts';
import { createWorkspace } from '../kernel/workspace.ts';
import { absorbStatement, drawLookupChallenges, drawPoint } from './challenges.ts';
import { commitComposition } from './composition.ts';
import { proveFolds } from './fold.ts';
import { commitInteraction } from './interaction.ts';
import type { CommittedFixed, ProvingKey, VerifyingKey } from './keys.ts';
import { commitFixed } from './keys.ts';
import type { Layout } from './layout.ts';
import { createLayout, quotientLayers } from './layout.ts';
import { commitQuotients, openColumns } from './openings.ts';
import { chipPrograms } from './program.ts';
import type { Proof, SegmentProof } from './proof.ts';
import { MAX_SEGMENTS } from './proof.ts';
import type { ProverContext } from './prover-context.ts';
import { commitPlaced, work } from './prover-context.ts';
import { commitColumns } from './prover-columns.ts';
import { securityOf, securityShape } from './security.ts';
import { MESSAGES, Transcript } from './transcript.ts';

/** One run of a machine, or a piece of one: its tables and what is public about it. */
export type Segment = {
  /** The tables, or how they are made when they are wanted. */
  readonly trace: Trace | DeferredTrace;
  readonly publicValues?: readonly number[];
};

/**
 * Tables that are made when a segment is committed to, and again when it is proved, so that those of one
 * segment are there at a time.
 */
export type DeferredTrace = {
  /** Heights of the tables by the names of their chips. */
  readonly logHeights: Readonly<Record<string, number>>;
  /** Makes the tables: the same each time. @param poll to be called now and then: it throws when the proof is cancelled */
  readonly make: (poll: () => void) => Trace;
};

/** Parts of a proof's work, in order, for each segment. */
export type ProvePhase = 'main' | 'interaction' | 'composition' | 'openings' | 'folding' | 'queries';

export type ProveOptions = {
  /** Bytes of memory at most: 4 GiB unless given. */
  readonly memoryLimit?: number;
  /** Threads from `createPool`; the proof is the same without. */
  readonly pool?: Pool | undefined;
  /** Called when a phase of a segment begins, with the segment's place and how many there are. */
  readonly onProgress?: (phase: ProvePhase, segment: number, segments: number) => void;
  /** Asked between pieces of work; the proof ends with `STARK_CANCELLED` when it says true. */
  readonly isCancelled?: () => boolean;
  /** Looked at where `isCancelled` is asked. Who aborts is called meanwhile, as `onProgress`, or has aborted before. */
  readonly signal?: AbortSignal | undefined;
};

/** Ways to end a proof early. */
export type Cancellation = Pick<ProveOptions, 'isCancelled' | 'signal'>;

/** For work that comes before a proof's own. @throws `STARK_CANCELLED` when it is cancelled */
export function throwIfCancelled({ isCancelled, signal }: Cancellation): void {
  if (signal?.aborted === true) throw fail('STARK_CANCELLED', {}, { cause: signal.reason });
  if (isCancelled?.() === true) throw fail('STARK_CANCELLED', {});
}

/**
 * Proves that each segment's trace satisfies the machine, and that their messages match over all segments.
 * What is not true cannot be proved: an unsatisfied trace gives a proof that no verifier accepts. Check
 * traces with `checkTrace` while a machine is being built.
 *
 * Memory holds the columns of one segment at a time: each but the first is committed to twice, once for the
 * challenges that all share and again when it is proved.
 *
 * @throws `STARK_INVALID_TRACE`, `STARK_INSECURE`, `STARK_TOO_MANY_MESSAGES`, `STARK_OUT_OF_MEMORY`,
 *   `STARK_MEMORY_REFUSED`, `STARK_CANCELLED`, `STARK_WORKER_FAILED`
 * @example const proof = prove(key, [{ trace, publicValues: [0, 1, 610] }]);
 */
export function prove(key: ProvingKey, segments: readonly Segment[], options: ProveOptions = {}): Proof {
  const { verifyingKey } = key;
  const { machine, parameters } = verifyingKey;
  const { memoryLimit: limit, pool, onProgress = () => {} } = options;
  const poll = (): void => throwIfCancelled(options);
  if (segments.length === 0 || segments.length > MAX_SEGMENTS) {
    throw fail('STARK_INVALID_MACHINE', { machine: machine.name, what: `${segments.length} segments` });
  }
  const heights = segments.map((segment) => checkStatement(verifyingKey, segment));
  const layouts = heights.map((logHeights) =>
    createLayout(machine, logHeights, verifyingKey.fixedLogHeights, parameters),
  );
  const shape = securityShape(machine, layouts);
  const { provenBits } = securityOf(parameters, shape);
  if (provenBits < parameters.targetBits) {
    throw fail('STARK_INSECURE', { bits: provenBits, target: parameters.targetBits });
  }
  if (shape.messages >= P) throw fail('STARK_TOO_MANY_MESSAGES', { messages: shape.messages });

  const maxLog = Math.max(
    ...layouts.flatMap(({ trees, groups }) => [
      ...groups.map(({ log }) => log),
      ...trees.preprocessed.map(({ log }) => log),
    ]),
  );
  const isShared = pool?.begin !== undefined;
  const programs = chipPrograms(machine, extensionOf(parameters.extensionDegree), isShared, poll);
  const chips = [...programs.values()].map(({ module }) => module);
  const workspace = createWorkspace(parameters.extensionDegree, maxLog, {
    hash: parameters.hash,
    limit,
    pool,
    chips,
    poll,
  });
  try {
    return proveAll(key, segments, { workspace, programs, layouts, heights, onProgress, poll });
  } finally {
    workspace.close();
  }
}

/** What does not change from one segment to the next. */
type Bundle = {
  readonly workspace: Workspace;
  readonly programs: ProverContext['programs'];
  readonly layouts: readonly Layout[];
  readonly heights: readonly (readonly (number | undefined)[])[];
  readonly onProgress: NonNullable<ProveOptions['onProgress']>;
  readonly poll: () => void;
};

function proveAll(
  key: ProvingKey,
  segments: readonly Segment[],
  { workspace, programs, layouts, heights, onProgress, poll }: Bundle,
): Proof {
  const { verifyingKey } = key;
  const { machine, parameters } = verifyingKey;
  const fixed = commitFixed(workspace, key);
  const mark = workspace.mark();
  const commitMain = (index: number): CommittedMain => {
    onProgress('main', index, segments.length);
    poll();
    const trace = tablesOf(verifyingKey, segments[index] as Segment, poll);
    const layout = layouts[index] as Layout;
    return { trace, ...commitTables(workspace, layout, trace, parameters.logBlowup) };
  };

  // All segments are committed to before the lookup argument's challenges, from the last to the first one,
  // whose columns stay.
  let first: CommittedMain | undefined;
  const roots: Uint32Array[] = [];
  for (let i = segments.length - 1; i >= 0; i--) {
    const main = commitMain(i);
    roots[i] = main.tree.root;
    if (i === 0) first = main;
    else workspace.release(mark);
  }
  const transcript = new Transcript(parameters.hash);
  segments.forEach(({ publicValues = [] }, i) =>
    absorbStatement(
      transcript,
      verifyingKey,
      publicValues,
      heights[i] as (number | undefined)[],
      roots[i] as Uint32Array,
    ),
  );
  transcript.absorb(MESSAGES.bundle, [segments.length]);
  const lookupNonce = work(workspace, transcript, parameters.grinding);
  const lookup = drawLookupChallenges(transcript, workspace.field, machine);

  return {
    parameters: parameters.name,
    lookupNonce,
    segments: segments.map(({ publicValues = [] }, i) => {
      const main = first ?? commitMain(i);
      first = undefined;
      const context: ProverContext = {
        workspace,
        key: verifyingKey,
        layout: layouts[i] as Layout,
        trace: main.trace,
        fixedTraces: key.fixed,
        publicValues,
        lookup,
        columns: {
          preprocessed: (layouts[i] as Layout).chips.map(({ index }) => fixed.columns[index]),
          main: main.columns,
          interaction: [],
          composition: [],
        },
        programs,
      };
      const own = transcript.fork();
      own.absorb(MESSAGES.segment, [i]);
      const proof = proveSegment(context, own, main, fixed, heights[i] as (number | undefined)[], (phase) => {
        onProgress(phase, i, segments.length);
        poll();
      });
      workspace.release(mark);
      return proof;
    }),
  };
}

type CommittedColumns = { readonly tree: MerkleTree; readonly columns: (Columns | undefined)[] };
type CommittedMain = CommittedColumns & { readonly trace: Trace };

function commitTables(
  workspace: Workspace,
  layout: Layout,
  trace: Trace,
  logBlowup: number,
): CommittedColumns {
  const columns = layout.chips.map(({ compiled: { chip }, logHeight }) => {
    const table = trace[chip.name] as ChipTrace;
    return commitColumns(workspace, table.columns.length, logHeight, logBlowup, (c, address) => {
      workspace.words().set(table.columns[c] as Uint32Array, address / 4);
      // The slow check says which word it is.
      if (workspace.kernel.countNonCanonical(address, 2 ** logHeight) > 0) checkTable(chip, table, 'main');
    });
  });
  return { columns, tree: commitPlaced(workspace, layout, 'main', columns) };
}

function isDeferred(trace: Trace | DeferredTrace): trace is DeferredTrace {
  return typeof trace['make'] === 'function';
}

/** Checks what a segment says of itself; the heights of its tables, in the machine's order. */
function checkStatement(
  { machine, fixedLogHeights }: VerifyingKey,
  { trace, publicValues = [] }: Segment,
): (number | undefined)[] {
  if (publicValues.length !== machine.publicCount || !publicValues.every(isM31)) {
    throw fail('STARK_INVALID_MACHINE', {
      machine: machine.name,
      what: `${machine.publicCount} public values below the modulus are needed`,
    });
  }
  const heightOf = isDeferred(trace)
    ? (name: string): number | undefined => trace.logHeights[name]
    : (name: string): number | undefined => trace[name]?.logHeight;
  for (const name of Object.keys(isDeferred(trace) ? trace.logHeights : trace)) {
    if (!machine.chips.some(({ chip }) => chip.name === name)) {
      throw fail('STARK_INVALID_TRACE', { chip: name, what: 'the machine has no such chip' });
    }
  }
  return machine.chips.map(({ chip }, i) => {
    const height = heightOf(chip.name);
    if (height === undefined) {
      if (chip.optional) return undefined;
      throw fail('STARK_INVALID_TRACE', { chip: chip.name, what: 'it has no table' });
    }
    checkHeight(chip, height);
    const fixed = fixedLogHeights[i];
    if (fixed !== undefined && fixed !== height) {
      throw fail('STARK_INVALID_TRACE', {
        chip: chip.name,
        what: `its fixed columns have 2^${fixed} rows, not 2^${height}`,
      });
    }
    return height;
  });
}

/** A segment's tables, each of its chip's form; their words are checked when they are copied. */
function tablesOf({ machine }: VerifyingKey, { trace }: Segment, poll: () => void): Trace {
  const tables = isDeferred(trace) ? trace.make(poll) : trace;
  for (const { chip } of machine.chips) {
    const table = tables[chip.name];
    const height = isDeferred(trace) ? trace.logHeights[chip.name] : table?.logHeight;
    if (table?.logHeight !== height) {
      throw fail('STARK_INVALID_TRACE', {
        chip: chip.name,
        what: 'it has not the height it was said to have',
      });
    }
    if (table !== undefined) checkShape(chip, table, 'main');
  }
  return tables;
}

function proveSegment(
  context: ProverContext,
  transcript: Transcript,
  main: CommittedMain,
  fixed: CommittedFixed,
  logHeights: readonly (number | undefined)[],
  onPhase: (phase: ProvePhase) => void,
): SegmentProof {
  const { key, layout, workspace } = context;
  const { grinding, queryGrinding, queries } = key.parameters;
  const nonces: number[] = [];

  onPhase('interaction');
  const interaction = commitInteraction(context);
  if (interaction.tree !== undefined) transcript.absorb(MESSAGES.interactionRoot, interaction.tree.root);
  transcript.absorb(MESSAGES.claimedSums, interaction.claimedSums.flat());

  onPhase('composition');
  nonces.push(work(workspace, transcript, grinding));
  const combination = transcript.element(workspace.field);
  const composition = commitComposition(context, interaction.shares, combination);
  transcript.absorb(MESSAGES.compositionRoot, composition.root);

  onPhase('openings');
  nonces.push(work(workspace, transcript, grinding));
  const point = drawPoint(transcript, workspace.field);
  const opened = openColumns(context, point);
  transcript.absorb(MESSAGES.openedValues, opened.flat(2));
  nonces.push(work(workspace, transcript, grinding));
  const batching = transcript.element(workspace.field);
  const quotients = commitQuotients(context, point, opened, batching);
  transcript.absorb(MESSAGES.foldRoot, quotients.tree.root);

  onPhase('folding');
  const folds = proveFolds(context, quotients.columns, transcript);
  nonces.push(...folds.nonces);

  onPhase('queries');
  nonces.push(work(workspace, transcript, queryGrinding));
  const logQueries = layout.groups[0]?.log as number;
  const indices = transcript.indices(queries, logQueries);
  const columnTrees = [fixed.tree, main.tree, interaction.tree, composition].filter(
    (tree) => tree !== undefined,
  );
  const openMembers = (tree: MerkleTree, layers: readonly MemberLayer[]): TreeOpening => {
    const { values, siblings } = tree.open(indices, logQueries);
    const { degree } = workspace.field;
    const members = openedMembers((log) => rowsOf(indices, logQueries, log), layers);
    return { values: withoutKnown(values, members, degree), siblings };
  };
  return {
    logHeights,
    mainRoot: main.tree.root,
    interactionRoot: interaction.tree?.root,
    claimedSums: interaction.claimedSums,
    compositionRoot: composition.root,
    opened: opened.map((values) => Uint32Array.from(values.flat())),
    quotientRoot: quotients.tree.root,
    foldRoots: folds.trees.map(({ root }) => root),
    finalPolynomial: folds.finalPolynomial,
    nonces,
    openings: [
      ...columnTrees.map((tree) => tree.open(indices, logQueries, key.parameters.logBlowup)),
      openMembers(quotients.tree, quotientLayers(layout)),
      ...folds.trees.map((tree, i) => openMembers(tree, [layout.fold.layers[i] as MemberLayer])),
    ],
  };
}
