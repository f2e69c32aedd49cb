import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '@ninefold/base';
import type { EntityRef, Field, Json } from '@ninefold/studio-api';
import type { AbiItem, AbiParameter, AbiValue, ForkName, Log, ProgramDebug } from '@ninefold/vm-evm';
import { ArtifactStore, decodeAbi, wordValue } from '@ninefold/vm-evm';
import { keccak256 } from '@ninefold/crypto';
import { checksumAddress } from '../api/checksum.ts';
import { haltText } from '../api/halt.ts';
import { revertReason } from '../api/revert.ts';
import type { EthereumNode } from '../node.ts';
import { EMPTY_CODE_HASH } from '../ledger/account.ts';
import type { HaltReason } from '@ninefold/vm-evm';

/** Decoded values of a call, an event or an error. */
export type Decoded = { readonly name: string; readonly fields: readonly Field[] };

const DELEGATION_PREFIX = 'ef0100';
const SELECTOR_BYTES = 4;

/** Names for addresses, calldata, logs and errors, from the artifacts the node was given. */
export class Names {
  readonly net: string;
  readonly artifacts: ArtifactStore = new ArtifactStore();
  readonly #node: EthereumNode;
  readonly #own: ReadonlyMap<Hex, number>;

  constructor(node: EthereumNode, net: string) {
    this.#node = node;
    this.net = net;
    this.#own = new Map(node.accounts.own().map(({ address }, i) => [address, i]));
  }

  /** The code an account runs in the newest state; a delegated account's is its delegate's (EIP-7702). */
  codeOf(address: Hex): Bytes {
    const world = this.#node.chain.worldAt(this.#node.chain.head().hash);
    const hash = world.account(address)?.codeHash;
    if (hash === undefined || hash === EMPTY_CODE_HASH) return EMPTY_BYTES;
    const code = world.code(hash);
    const text = code.length === 23 ? bytesToHex(code) : '0x';
    if (!text.startsWith(`0x${DELEGATION_PREFIX}`)) return code;
    const delegate = world.account(`0x${text.slice(8)}`)?.codeHash;
    return delegate === undefined || delegate === EMPTY_CODE_HASH ? EMPTY_BYTES : world.code(delegate);
  }

  /** What is known of the program of an account, or of some code. */
  debugOf(code: Bytes, initcode: boolean, fork: ForkName): ProgramDebug | undefined {
    if (code.length === 0 || this.artifacts.size === 0) return undefined;
    return this.artifacts.find(bytesToHex(keccak256(code)), code, initcode, fork);
  }

  debugOfAddress(address: Hex): ProgramDebug | undefined {
    return this.debugOf(this.codeOf(address), false, this.#node.chain.head().fork);
  }

  /** An account as the studio links to it. */
  ref(address: Hex, code: Bytes = this.codeOf(address)): EntityRef {
    const own = this.#own.get(address);
    const name =
      own === undefined
        ? this.debugOf(code, false, this.#node.chain.head().fork)?.artifact.name
        : `Account ${own}`;
    const kind = code.length > 0 ? 'contract' : 'account';
    return { net: this.net, id: checksumAddress(address), kind, ...(name !== undefined && { name }) };
  }

  /** The function and arguments of calldata; undefined when nothing is known of the selector. */
  call(debug: ProgramDebug | undefined, input: Bytes): Decoded | undefined {
    if (input.length < SELECTOR_BYTES) return undefined;
    const selector = bytesToHex(input.subarray(0, SELECTOR_BYTES));
    const item = this.#item(debug, 'function', selector);
    return item && this.#decoded(item.name, item.inputs, input.subarray(SELECTOR_BYTES));
  }

  returned(debug: ProgramDebug | undefined, input: Bytes, output: Bytes): readonly Field[] | undefined {
    if (input.length < SELECTOR_BYTES || output.length === 0) return undefined;
    const item = this.#item(debug, 'function', bytesToHex(input.subarray(0, SELECTOR_BYTES)));
    return item && this.#decoded(item.name, item.outputs, output)?.fields;
  }

  /** Arguments of a creation: what stands behind the initcode the compiler made. */
  creation(debug: ProgramDebug | undefined, initcode: Bytes): Decoded | undefined {
    const item = debug?.artifact.abi.find(({ type }) => type === 'constructor');
    const length = debug?.artifact.creation?.bytes.length ?? initcode.length;
    return this.#decoded('constructor', item?.inputs ?? [], initcode.subarray(length));
  }

  event(debug: ProgramDebug | undefined, { topics, data }: Log): Decoded | undefined {
    const [selector, ...indexed] = topics;
    if (selector === undefined) return undefined;
    const item = this.#item(debug, 'event', selector);
    if (item === undefined || item.inputs.filter((each) => each.indexed).length !== indexed.length)
      return undefined;
    const plain = decodeAbi(
      item.inputs.filter((each) => !each.indexed),
      data,
    );
    if (plain === undefined) return undefined;
    let [nextTopic, nextValue] = [0, 0];
    const fields = item.inputs.map((parameter) => {
      if (!parameter.indexed) return this.#field(parameter, plain[nextValue++] as AbiValue);
      const topic = indexed[nextTopic++] as Hex;
      // Of a dynamic value only its hash is indexed.
      const isWord = /^(u?int|address|bool|bytes\d)/.test(parameter.type) && !parameter.type.endsWith(']');
      return this.#field(parameter, isWord ? wordValue(parameter.type, hexToBytes(topic)) : topic);
    });
    return { name: item.name, fields };
  }

  /** Why a frame failed, in the words of the chain and with the error's own name where it is known. */
  failure(
    debug: ProgramDebug | undefined,
    status: 'revert' | 'halt',
    halt: HaltReason | undefined,
    output: Bytes,
  ): string {
    if (status === 'halt') return haltText(halt ?? 'OUT_OF_GAS');
    const reason = revertReason(output);
    if (reason !== undefined) return reason;
    if (output.length < SELECTOR_BYTES) return 'execution reverted';
    const selector = bytesToHex(output.subarray(0, SELECTOR_BYTES));
    const item = this.#item(debug, 'error', selector);
    const decoded = item && this.#decoded(item.name, item.inputs, output.subarray(SELECTOR_BYTES));
    if (decoded === undefined) return `custom error ${selector}`;
    return `${decoded.name}(${decoded.fields.map(({ value }) => shortText(value)).join(', ')})`;
  }

  #item(debug: ProgramDebug | undefined, type: AbiItem['type'], selector: string): AbiItem | undefined {
    return (
      debug?.artifact.abi.find((each) => each.type === type && each.selector === selector) ??
      this.artifacts.item(type, selector)
    );
  }

  #decoded(name: string, types: readonly AbiParameter[], bytes: Bytes): Decoded | undefined {
    const values = decodeAbi(types, bytes);
    if (values === undefined) return undefined;
    return { name, fields: types.map((type, i) => this.#field(type, values[i] as AbiValue)) };
  }

  #field(parameter: AbiParameter, value: AbiValue): Field {
    const isAddress = parameter.type === 'address' && typeof value === 'string';
    return {
      name: parameter.name,
      type: parameter.type,
      value: value satisfies Json,
      ...(isAddress && { entity: this.ref(value as Hex) }),
    };
  }
}

/** A value in a sentence. */
export function shortText(value: Json): string {
  if (Array.isArray(value))
    return value.length > 3 ? `[${value.length}]` : `[${value.map(shortText).join(', ')}]`;
  const text = String(value);
  if (/^0x[\da-f]{40,}$/i.test(text)) return `${text.slice(0, 6)}…${text.slice(-4)}`;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
