import type { Hex } from '@ninefold/base';
import { hexToBytes } from '@ninefold/base';
import type { Dataflow, ProgramDebug, RecordedRun, SlotPart, Source } from '@ninefold/vm-evm';
import { abiPathAt, SlotNames, UNITS_PER_PROGRAM } from '@ninefold/vm-evm';

/** What Solidity calls what some instructions push. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  ADDRESS: 'address(this)',
  BALANCE: 'balance',
  ORIGIN: 'tx.origin',
  CALLER: 'msg.sender',
  CALLVALUE: 'msg.value',
  CALLDATASIZE: 'msg.data.length',
  CODESIZE: 'code size',
  GASPRICE: 'tx.gasprice',
  EXTCODESIZE: 'code size',
  RETURNDATASIZE: 'return data size',
  BLOCKHASH: 'blockhash',
  COINBASE: 'block.coinbase',
  TIMESTAMP: 'block.timestamp',
  NUMBER: 'block.number',
  PREVRANDAO: 'block.prevrandao',
  GASLIMIT: 'block.gaslimit',
  CHAINID: 'block.chainid',
  SELFBALANCE: 'address(this).balance',
  BASEFEE: 'block.basefee',
  GAS: 'gasleft()',
  CALL: 'call succeeded',
  STATICCALL: 'call succeeded',
  DELEGATECALL: 'call succeeded',
};

/** Steps of one of the compiler's own functions. */
const MAX_HELPER_STEPS = 400;

const JUMPDEST = 0x5b;
const SELECTOR_BYTES = 4;

/** Names for values of a run: from the source where there is one, from what the machine did where not. */
export class ValueNames {
  readonly #run: RecordedRun;
  readonly #flow: Dataflow;
  readonly #debugs: readonly (ProgramDebug | undefined)[];
  readonly #debugOf: (address: Hex) => ProgramDebug | undefined;
  readonly #slots = new Map<Hex, SlotNames | undefined>();

  constructor(
    run: RecordedRun,
    flow: Dataflow,
    debugs: readonly (ProgramDebug | undefined)[],
    debugOf: (address: Hex) => ProgramDebug | undefined,
  ) {
    this.#run = run;
    this.#flow = flow;
    this.#debugs = debugs;
    this.#debugOf = debugOf;
  }

  /** The variables that live in a slot. */
  parts(account: Hex, slot: Hex): readonly SlotPart[] {
    if (!this.#slots.has(account)) {
      const layout = this.#debugOf(account)?.artifact.layout;
      this.#slots.set(account, layout && new SlotNames(layout, this.#run.preimages));
    }
    return this.#slots.get(account)?.parts(slot) ?? [];
  }

  slot(account: Hex, slot: Hex): string {
    const labels = this.parts(account, slot).map(({ label }) => label);
    if (labels.length > 0) return labels.join(', ');
    const digits = BigInt(slot).toString(16);
    return digits.length > 12 ? `slot 0x${digits.slice(0, 4)}…${digits.slice(-4)}` : `slot 0x${digits}`;
  }

  /** What a value is, from where it stems; undefined when nothing can be said. */
  of(source: Source): string | undefined {
    const { unit } = this.#flow.reader.step(source.step);
    const program = Math.floor(unit / UNITS_PER_PROGRAM);
    const expression = this.#expressionAt(source.step);
    switch (source.kind) {
      case 'input':
        return this.calldata(source.calldata ?? 0) ?? expression;
      case 'storage':
      case 'written':
        return source.slot && this.slot(source.slot.account, source.slot.key);
      case 'constant':
        return this.#constant(source, program) ?? expression;
      case 'environment':
        return ENVIRONMENT[source.mnemonic] ?? expression;
      case 'computed':
        return expression ?? (source.mnemonic === 'KECCAK256' ? 'hash' : undefined);
    }
  }

  #expressionAt(step: number): string | undefined {
    const mapped = this.mappedStep(step);
    if (mapped === undefined) return undefined;
    const { unit } = this.#flow.reader.step(mapped);
    return this.#debugs[Math.floor(unit / UNITS_PER_PROGRAM)]?.level?.expressionAt(unit % UNITS_PER_PROGRAM);
  }

  /**
   * The step whose source tells what `step` is about: itself, or the last one of its frame before it. The
   * compiler does checked arithmetic and decoding in functions of its own, which stem from no source.
   */
  mappedStep(step: number): number | undefined {
    const { reader } = this.#flow;
    const { frame } = reader.step(step);
    for (let at = step; at >= 0 && at > step - MAX_HELPER_STEPS; at--) {
      const { unit, frame: running } = reader.step(at);
      if (running !== frame) continue;
      const level = this.#debugs[Math.floor(unit / UNITS_PER_PROGRAM)]?.level;
      if (level === undefined) return undefined;
      if (level.placeAt(unit % UNITS_PER_PROGRAM) !== undefined) return at;
    }
    return undefined;
  }

  /** The argument of the transaction's own call that stands at a place of the calldata. */
  calldata(offset: number): string | undefined {
    const { input, kind, to } = this.#run.frames[0] ?? { input: new Uint8Array(0), kind: 'CALL', to: '0x' };
    if (offset < SELECTOR_BYTES) return offset === 0 ? 'msg.sig' : undefined;
    if (kind !== 'CALL') return `initcode[0x${offset.toString(16)}]`;
    const selector = `0x${Array.from(input.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    const item = this.#debugOf(to)?.artifact.abi.find(
      (each) => each.type === 'function' && each.selector === selector,
    );
    const path = item && abiPathAt(item.inputs, input.subarray(SELECTOR_BYTES), offset - SELECTOR_BYTES);
    return path ?? `calldata[0x${offset.toString(16)}]`;
  }

  /** Where a constant is a place to jump to, as return addresses are. */
  #constant({ value }: Source, program: number): string | undefined {
    const number = BigInt(value);
    const code = this.#run.programs[program]?.code;
    if (code === undefined || number < 16n || number >= BigInt(code.length)) return undefined;
    const isTarget = code[Number(number)] === JUMPDEST;
    return isTarget && hexToBytes(value).length === 32
      ? `to ${number.toString(16).padStart(4, '0')}`
      : undefined;
  }
}
