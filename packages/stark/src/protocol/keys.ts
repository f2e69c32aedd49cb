import type { Machine } from '../air/machine.ts';
import type { ChipTrace, Trace } from '../air/trace.ts';
import { checkTable } from '../air/trace.ts';
import { TREE_IDS } from '../commit/nodes.ts';
import type { MerkleTree } from '../commit/tree.ts';
import { commitTree } from '../commit/tree.ts';
import { fail } from '../errors.ts';
import { createWorkspace } from '../kernel/workspace.ts';
import type { Columns, Workspace } from '../kernel/workspace.ts';
import { columnAddresses } from '../kernel/workspace.ts';
import { machineDigest } from './digest.ts';
import type { Parameters, ParameterSet } from './parameters.ts';
import { PARAMETER_SETS } from './parameters.ts';
import { commitColumns } from './prover-columns.ts';

/** What a verifier has to know beforehand: the machine, its fixed columns by their root, the parameters. */
export type VerifyingKey = {
  readonly machine: Machine;
  readonly parameters: Parameters;
  readonly machineDigest: Uint32Array;
  /** Root of the preprocessed columns, undefined when no chip has any. */
  readonly preprocessedRoot: Uint32Array | undefined;
  /** Heights of the chips with preprocessed columns, by their place in the machine. */
  readonly fixedLogHeights: readonly (number | undefined)[];
};

/** What a prover has to know: the verifying key and the fixed columns themselves. */
export type ProvingKey = {
  readonly verifyingKey: VerifyingKey;
  readonly fixed: Trace;
};

/** The preprocessed columns in a prover's memory. */
export type CommittedFixed = {
  readonly tree: MerkleTree | undefined;
  /** By the chips' places in the machine. */
  readonly columns: readonly (Columns | undefined)[];
};

/**
 * Fixes a machine's preprocessed columns and parameters.
 *
 * @param fixed tables of all chips with preprocessed columns
 * @throws `STARK_INVALID_TRACE`, `STARK_INVALID_PARAMETERS`
 * @example const key = createKey(machine, { bytes: byteTable }, 'p100');
 */
export function createKey(
  machine: Machine,
  fixed: Trace = {},
  parameters: ParameterSet | Parameters = 'p100',
): ProvingKey {
  const chosen = typeof parameters === 'string' ? PARAMETER_SETS[parameters] : parameters;
  if (2 ** chosen.logBlowup + 1 < machine.maxDegree) {
    throw fail('STARK_INVALID_PARAMETERS', {
      what: `constraints of degree ${machine.maxDegree} need a larger blowup than 2^${chosen.logBlowup}`,
    });
  }
  const fixedLogHeights = machine.chips.map(({ chip }) => {
    if (chip.preprocessed.length === 0) return undefined;
    const table = fixed[chip.name];
    if (table === undefined) {
      throw fail('STARK_INVALID_TRACE', { chip: chip.name, what: 'its fixed columns are missing' });
    }
    checkTable(chip, table, 'preprocessed');
    return table.logHeight;
  });
  const key: ProvingKey = {
    verifyingKey: {
      machine,
      parameters: chosen,
      machineDigest: machineDigest(machine),
      preprocessedRoot: undefined,
      fixedLogHeights,
    },
    fixed,
  };
  const heights = fixedLogHeights.filter((height) => height !== undefined);
  if (heights.length === 0) return key;
  const workspace = createWorkspace(chosen.extensionDegree, Math.max(...heights) + chosen.logBlowup, {
    hash: chosen.hash,
  });
  const { tree } = commitFixed(workspace, key);
  return { ...key, verifyingKey: { ...key.verifyingKey, preprocessedRoot: tree?.root } };
}

/**
 * A verifying key from what was published of one: who trusts the root of the fixed columns needs none of them.
 *
 * @param fixedLogHeights heights of the chips with preprocessed columns, in the machine's order
 * @throws `STARK_INVALID_TRACE` when there are not as many heights as such chips
 * @example restoreVerifyingKey(machine, 'p100', key.preprocessedRoot, [16, 10])
 */
export function restoreVerifyingKey(
  machine: Machine,
  parameters: ParameterSet,
  preprocessedRoot: Uint32Array | undefined,
  fixedLogHeights: readonly number[],
): VerifyingKey {
  const heights = [...fixedLogHeights];
  const byChip = machine.chips.map(({ chip }) =>
    chip.preprocessed.length === 0 ? undefined : heights.shift(),
  );
  const isComplete = machine.chips.every(
    ({ chip }, i) => chip.preprocessed.length === 0 || byChip[i] !== undefined,
  );
  if (!isComplete || heights.length > 0) {
    throw fail('STARK_INVALID_TRACE', {
      chip: machine.name,
      what: 'one height a chip with fixed columns is needed',
    });
  }
  return {
    machine,
    parameters: PARAMETER_SETS[parameters],
    machineDigest: machineDigest(machine),
    preprocessedRoot,
    fixedLogHeights: byChip,
  };
}

/** Commits to the preprocessed columns in a workspace. */
export function commitFixed(workspace: Workspace, { verifyingKey, fixed }: ProvingKey): CommittedFixed {
  const { machine, parameters, fixedLogHeights } = verifyingKey;
  const columns = machine.chips.map(({ chip }, i) => {
    const logHeight = fixedLogHeights[i];
    if (logHeight === undefined) return undefined;
    const table = fixed[chip.name] as ChipTrace;
    return commitColumns(workspace, chip.preprocessed.length, logHeight, parameters.logBlowup, (c, address) =>
      workspace.words().set(table.columns[c] as Uint32Array, address / 4),
    );
  });
  const committed = columns.flatMap((chip, i) =>
    chip === undefined
      ? []
      : columnAddresses(chip).map((address) => ({
          address,
          log: (fixedLogHeights[i] as number) + parameters.logBlowup,
        })),
  );
  return {
    tree: committed.length === 0 ? undefined : commitTree(workspace, TREE_IDS.preprocessed, committed),
    columns,
  };
}
