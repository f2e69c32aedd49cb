import type { Bytes, Hex } from '@ninefold/base';
import type { ForkName } from '../types.ts';
import type { AbiItem } from './abi.ts';
import { MAX_NAME_LENGTH, parseAbi } from './abi.ts';
import { disassemble } from './disassemble.ts';
import type { SourceText } from './source-map.ts';
import { decodeSourceMap, SourceLevel } from './source-map.ts';
import type { StorageLayout } from './storage-layout.ts';
import { parseStorageLayout } from './storage-layout.ts';

/** Bytecode of an artifact: hex digits with gaps where addresses and immutables go. */
type CodePattern = {
  /** 16 bit a byte: 0–255, or -1 for any. */
  readonly bytes: Int16Array;
  readonly sourceMap: string;
};

/** A compiled contract. */
export type Artifact = {
  readonly name: string;
  readonly path: string;
  readonly compiler: string | undefined;
  readonly abi: readonly AbiItem[];
  readonly abiJson: unknown;
  readonly layout: StorageLayout | undefined;
  readonly creation: CodePattern | undefined;
  readonly deployed: CodePattern | undefined;
  /** Source id -> text, shared by the contracts of one compilation. */
  readonly sources: ReadonlyMap<number, SourceText>;
};

/** What a program is, as far as an artifact tells. */
export type ProgramDebug = { readonly artifact: Artifact; readonly level: SourceLevel | undefined };

/** Contracts of all files together. */
export const MAX_ARTIFACTS = 5000;
const MAX_PATH_LENGTH = 400;

/**
 * Reads files that compilers write: solc's standard output with its input (Hardhat's build-info), solc's
 * standard output beside the source files it was made of, and ABI-only artifacts of Hardhat and Foundry.
 */
export function readArtifacts(files: readonly { readonly name: string; readonly text: string }[]): {
  readonly artifacts: readonly Artifact[];
  readonly problems: readonly string[];
} {
  const artifacts: Artifact[] = [];
  const problems: string[] = [];
  const texts = new Map(
    files.filter(({ name }) => /\.(sol|yul|vy)$/.test(name)).map((f) => [f.name, f.text]),
  );
  for (const { name, text } of files) {
    if (texts.has(name)) continue;
    const json = parseJson(text);
    if (json === undefined) problems.push(`${name} is no JSON`);
    else {
      const found = artifactsOf(json, texts);
      if (found.length === 0) problems.push(`${name} has no contracts`);
      artifacts.push(...found);
    }
  }
  return { artifacts: artifacts.slice(0, MAX_ARTIFACTS), problems };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

type Dict = Readonly<Record<string, unknown>>;

function dict(value: unknown): Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Dict) : {};
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (Object.hasOwn(dict(inner), name) ? dict(inner)[name] : undefined),
    value,
  );
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function artifactsOf(json: unknown, texts: ReadonlyMap<string, string>): readonly Artifact[] {
  const output = at(json, 'output') ?? json;
  const contracts = at(output, 'contracts');
  if (contracts === undefined) {
    const abi = at(json, 'abi');
    return Array.isArray(abi)
      ? [artifactOf(json, textOf(at(json, 'contractName')) ?? 'contract', '', new Map(), undefined)]
      : [];
  }
  const sources = new Map<number, SourceText>();
  for (const [path, source] of Object.entries(dict(at(output, 'sources')))) {
    const id = at(source, 'id');
    const text =
      textOf(at(json, 'input', 'sources', path, 'content')) ?? texts.get(path) ?? byBaseName(texts, path);
    if (typeof id === 'number' && text !== undefined)
      sources.set(id, { path: path.slice(0, MAX_PATH_LENGTH), text });
  }
  const compiler = textOf(at(json, 'solcLongVersion')) ?? textOf(at(json, 'solcVersion'));
  return Object.entries(dict(contracts)).flatMap(([path, named]) =>
    Object.entries(dict(named)).map(([name, contract]) =>
      artifactOf(contract, name, path, sources, compiler),
    ),
  );
}

function byBaseName(texts: ReadonlyMap<string, string>, path: string): string | undefined {
  const base = path.slice(path.lastIndexOf('/') + 1);
  for (const [name, text] of texts) if (name === base || name.endsWith(`/${base}`)) return text;
  return undefined;
}

function artifactOf(
  contract: unknown,
  name: string,
  path: string,
  sources: ReadonlyMap<number, SourceText>,
  compiler: string | undefined,
): Artifact {
  const abiJson = at(contract, 'abi');
  return {
    name: name.slice(0, MAX_NAME_LENGTH),
    path: path.slice(0, MAX_PATH_LENGTH),
    compiler: compiler?.slice(0, MAX_NAME_LENGTH),
    abi: parseAbi(abiJson),
    abiJson,
    layout: parseStorageLayout(at(contract, 'storageLayout')),
    creation: patternOf(at(contract, 'evm', 'bytecode')),
    deployed: patternOf(at(contract, 'evm', 'deployedBytecode')),
    sources,
  };
}

const LIBRARY_PLACE = '.'.repeat(40);

function patternOf(code: unknown): CodePattern | undefined {
  // A library's place is held by 40 characters that begin with two underscores.
  const object = textOf(at(code, 'object'))
    ?.replace(/^0x/, '')
    .replaceAll(/__[\w$:./-]{36}__/g, LIBRARY_PLACE);
  if (object === undefined || object === '' || object.length % 2 !== 0) return undefined;
  if (!/^[\da-fA-F.]+$/.test(object)) return undefined;
  const bytes = new Int16Array(object.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const pair = object.slice(2 * i, 2 * i + 2);
    bytes[i] = /^[\da-fA-F]{2}$/.test(pair) ? Number.parseInt(pair, 16) : -1;
  }
  for (const ranges of [
    ...Object.values(dict(at(code, 'immutableReferences'))),
    ...Object.values(dict(at(code, 'linkReferences'))).flatMap((libraries) => Object.values(dict(libraries))),
  ]) {
    for (const range of Array.isArray(ranges) ? (ranges as unknown[]) : []) {
      const [start, length] = [at(range, 'start'), at(range, 'length')];
      if (typeof start === 'number' && typeof length === 'number') bytes.fill(-1, start, start + length);
    }
  }
  return { bytes, sourceMap: textOf(at(code, 'sourceMap')) ?? '' };
}

/** Whether `code` begins with the pattern, or is all of it. */
function matches({ bytes }: CodePattern, code: Bytes, whole: boolean): boolean {
  if (whole ? code.length !== bytes.length : code.length < bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) {
    const expected = bytes[i] as number;
    if (expected >= 0 && expected !== code[i]) return false;
  }
  return true;
}

/** The artifacts a node was given, and which of them a program was compiled to. */
export class ArtifactStore {
  readonly #artifacts: Artifact[] = [];
  readonly #found = new Map<string, ProgramDebug | undefined>();

  /** Newer ones are found first. */
  add(artifacts: readonly Artifact[]): void {
    this.#artifacts.unshift(...artifacts);
    this.#artifacts.splice(MAX_ARTIFACTS);
    this.#found.clear();
  }

  get size(): number {
    return this.#artifacts.length;
  }

  /**
   * The artifact of a program.
   *
   * @param key names the code, such as its hash
   */
  find(key: Hex, code: Bytes, initcode: boolean, fork: ForkName): ProgramDebug | undefined {
    if (code.length === 0 || this.#artifacts.length === 0) return undefined;
    const name = `${key}${initcode}`;
    if (this.#found.has(name)) return this.#found.get(name);
    const artifact = this.#artifacts.find(({ creation, deployed }) => {
      const pattern = initcode ? creation : deployed;
      return pattern !== undefined && matches(pattern, code, !initcode);
    });
    const pattern = initcode ? artifact?.creation : artifact?.deployed;
    const debug =
      artifact === undefined || pattern === undefined
        ? undefined
        : { artifact, level: levelOf(artifact, pattern, code, fork) };
    this.#found.set(name, debug);
    return debug;
  }

  /** All items of a kind with a selector, of whatever contract: names for what has no artifact of its own. */
  item(type: AbiItem['type'], selector: string): AbiItem | undefined {
    for (const { abi } of this.#artifacts) {
      const item = abi.find((each) => each.type === type && each.selector === selector);
      if (item !== undefined) return item;
    }
    return undefined;
  }
}

function levelOf(
  artifact: Artifact,
  pattern: CodePattern,
  code: Bytes,
  fork: ForkName,
): SourceLevel | undefined {
  if (pattern.sourceMap === '' || artifact.sources.size === 0) return undefined;
  const instructions = disassemble(code.subarray(0, pattern.bytes.length), fork);
  return new SourceLevel(decodeSourceMap(pattern.sourceMap), instructions, artifact.sources);
}
