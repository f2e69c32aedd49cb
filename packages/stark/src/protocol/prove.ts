import type { ChipTrace, Trace } from '../air/trace.ts';
import { checkTable } from '../air/trace.ts';
import type { MerkleTree } from '../commit/tree.ts';
import { fail } from '../errors.ts';
import { isM31 } from '../field/m31.ts';
import type { Columns, Workspace } from '../kernel/workspace.ts';
import { createWorkspace, MAX_WORKSPACE_BYTES } from '../kernel/workspace.ts';
import { absorbStatement, drawLookupChallenges, drawPoint } from './challenges.ts';
import { commitComposition } from './composition.ts';
import { proveFolds } from './fold.ts';
import { commitInteraction } from './interaction.ts';
import type { CommittedFixed, ProvingKey, VerifyingKey } from './keys.ts';
import { commitFixed } from './keys.ts';
import type { Layout } from './layout.ts';
import { createLayout } from './layout.ts';
import { commitQuotients, openColumns } from './openings.ts';
import type { Proof, SegmentProof } from './proof.ts';
import { MAX_SEGMENTS } from './proof.ts';
import type { ProverContext } from './prover-context.ts';
import { commitPlaced, work } from './prover-context.ts';
import { commitColumns } from './prover-columns.ts';
import { securityOf, securityShape } from './security.ts';
import { MESSAGES, Transcript } from './transcript.ts';

/** One run of a machine: its tables and what is public about it. */
export type Segment = {
  readonly trace: Trace;
  readonly publicValues?: readonly number[];
};

/** Parts of a proof's work, in order, for each segment. */
export type ProvePhase = 'main' | 'interaction' | 'composition' | 'openings' | 'folding' | 'queries';

export type ProveOptions = {
  /** Bytes of memory at most: 4 GiB unless given. */
  readonly memoryLimit?: number;
  /** Called when a phase of a segment begins. */
  readonly onProgress?: (phase: ProvePhase, segment: number) => void;
  /** Asked between pieces of work; the proof ends with `STARK_CANCELLED` when it says true. */
  readonly isCancelled?: () => boolean;
};

/**
 * Proves that each segment's trace satisfies the machine, and that their messages match over all segments.
 * What is not true cannot be proved: an unsatisfied trace gives a proof that no verifier accepts. Check
 * traces with `checkTrace` while a machine is being built.
 *
 * @throws `STARK_INVALID_TRACE`, `STARK_INSECURE`, `STARK_OUT_OF_MEMORY`, `STARK_CANCELLED`
 * @example const proof = prove(key, [{ trace, publicValues: [0, 1, 610] }]);
 */
export function prove(key: ProvingKey, segments: readonly Segment[], options: ProveOptions = {}): Proof {
  const { verifyingKey } = key;
  const { machine, parameters } = verifyingKey;
  const { memoryLimit = MAX_WORKSPACE_BYTES, onProgress = () => {}, isCancelled = () => false } = options;
  const poll = (): void => {
    if (isCancelled()) throw fail('STARK_CANCELLED', {});
  };
  if (segments.length === 0 || segments.length > MAX_SEGMENTS) {
    throw fail('STARK_INVALID_MACHINE', { machine: machine.name, what: `${segments.length} segments` });
  }
  const heights = segments.map((segment) => checkSegment(verifyingKey, segment));
  const layouts = heights.map((logHeights) =>
    createLayout(machine, logHeights, verifyingKey.fixedLogHeights, parameters),
  );
  const { provenBits } = securityOf(parameters, securityShape(machine, layouts));
  if (provenBits < parameters.targetBits) {
    throw fail('STARK_INSECURE', { bits: provenBits, target: parameters.targetBits });
  }

  const maxLog = Math.max(
    ...layouts.flatMap(({ trees, groups }) => [
      ...groups.map(({ log }) => log),
      ...trees.preprocessed.map(({ log }) => log),
    ]),
  );
  const workspace = createWorkspace(parameters.extensionDegree, maxLog, memoryLimit);
  const fixed = commitFixed(workspace, key);
  const mark = workspace.mark();
  const commitMain = (index: number): CommittedMain => {
    onProgress('main', index);
    return commitSegment(
      workspace,
      layouts[index] as Layout,
      (segments[index] as Segment).trace,
      parameters.logBlowup,
      poll,
    );
  };

  // All segments are committed to before the lookup argument's challenges; the columns of one alone can stay.
  const transcript = new Transcript();
  let single: CommittedMain | undefined;
  segments.forEach(({ publicValues = [] }, i) => {
    const main = commitMain(i);
    absorbStatement(
      transcript,
      verifyingKey,
      publicValues,
      heights[i] as (number | undefined)[],
      main.tree.root,
    );
    if (segments.length === 1) single = main;
    else workspace.release(mark);
  });
  transcript.absorb(MESSAGES.bundle, [segments.length]);
  const lookupNonce = work(transcript, parameters.grinding);
  const lookup = drawLookupChallenges(transcript, workspace.field, machine);

  return {
    parameters: parameters.name,
    lookupNonce,
    segments: segments.map(({ trace, publicValues = [] }, i) => {
      const main = single ?? commitMain(i);
      const context: ProverContext = {
        workspace,
        key: verifyingKey,
        layout: layouts[i] as Layout,
        trace,
        fixedTraces: key.fixed,
        publicValues,
        lookup,
        columns: {
          preprocessed: (layouts[i] as Layout).chips.map(({ index }) => fixed.columns[index]),
          main: main.columns,
          interaction: [],
          composition: [],
        },
        poll,
      };
      const own = transcript.fork();
      own.absorb(MESSAGES.segment, [i]);
      const proof = proveSegment(context, own, main, fixed, heights[i] as (number | undefined)[], (phase) =>
        onProgress(phase, i),
      );
      workspace.release(mark);
      return proof;
    }),
  };
}

type CommittedMain = { readonly tree: MerkleTree; readonly columns: (Columns | undefined)[] };

function commitSegment(
  workspace: Workspace,
  layout: Layout,
  trace: Trace,
  logBlowup: number,
  poll: () => void,
): CommittedMain {
  const columns = layout.chips.map(({ compiled, logHeight }) => {
    const table = trace[compiled.chip.name] as ChipTrace;
    return commitColumns(workspace, table.columns.length, logHeight, logBlowup, (c, address) => {
      poll();
      workspace.words().set(table.columns[c] as Uint32Array, address / 4);
    });
  });
  return { columns, tree: commitPlaced(workspace, layout, 'main', columns) };
}

/** The heights of a segment's tables, in the machine's order. */
function checkSegment(
  { machine, fixedLogHeights }: VerifyingKey,
  { trace, publicValues = [] }: Segment,
): (number | undefined)[] {
  if (publicValues.length !== machine.publicCount || !publicValues.every(isM31)) {
    throw fail('STARK_INVALID_MACHINE', {
      machine: machine.name,
      what: `${machine.publicCount} public values below the modulus are needed`,
    });
  }
  for (const name of Object.keys(trace)) {
    if (!machine.chips.some(({ chip }) => chip.name === name)) {
      throw fail('STARK_INVALID_TRACE', { chip: name, what: 'the machine has no such chip' });
    }
  }
  return machine.chips.map(({ chip }, i) => {
    const table = trace[chip.name];
    if (table === undefined) {
      if (chip.optional) return undefined;
      throw fail('STARK_INVALID_TRACE', { chip: chip.name, what: 'it has no table' });
    }
    checkTable(chip, table, 'main');
    const fixed = fixedLogHeights[i];
    if (fixed !== undefined && fixed !== table.logHeight) {
      throw fail('STARK_INVALID_TRACE', {
        chip: chip.name,
        what: `its fixed columns have 2^${fixed} rows, not 2^${table.logHeight}`,
      });
    }
    return table.logHeight;
  });
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
  nonces.push(work(transcript, grinding));
  const combination = transcript.element(workspace.field);
  const composition = commitComposition(context, interaction.shares, combination);
  transcript.absorb(MESSAGES.compositionRoot, composition.root);

  onPhase('openings');
  nonces.push(work(transcript, grinding));
  const point = drawPoint(transcript, workspace.field);
  const opened = openColumns(context, point);
  transcript.absorb(MESSAGES.openedValues, opened.flat(2));
  nonces.push(work(transcript, grinding));
  const batching = transcript.element(workspace.field);
  const quotients = commitQuotients(context, point, opened, batching);
  transcript.absorb(MESSAGES.foldRoot, quotients.tree.root);

  onPhase('folding');
  const folds = proveFolds(context, quotients.columns, transcript);
  nonces.push(...folds.nonces);

  onPhase('queries');
  nonces.push(work(transcript, queryGrinding));
  const logQueries = layout.groups[0]?.log as number;
  const indices = transcript.indices(queries, logQueries);
  const trees = [fixed.tree, main.tree, interaction.tree, composition, quotients.tree, ...folds.trees].filter(
    (tree) => tree !== undefined,
  );
  return {
    logHeights,
    mainRoot: main.tree.root,
    interactionRoot: interaction.tree?.root,
    claimedSums: interaction.claimedSums,
    compositionRoot: composition.root,
    opened,
    quotientRoot: quotients.tree.root,
    foldRoots: folds.trees.map(({ root }) => root),
    finalPolynomial: folds.finalPolynomial,
    nonces,
    openings: trees.map((tree) => tree.open(indices, logQueries)),
  };
}
