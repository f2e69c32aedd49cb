import { COIN, formatAmount } from '../tx/amount.ts';

/** An amount of satoshi, written in bitcoins with 8 decimals as nodes do. */
export class Amount {
  readonly satoshi: bigint;

  constructor(satoshi: bigint) {
    this.satoshi = satoshi;
  }

  /** For `JSON.stringify`, which cannot write decimals that are zero. */
  toJSON(): number {
    return Number(this.satoshi) / Number(COIN);
  }
}

/** @example amount(1n) // written as 0.00000001 */
export function amount(satoshi: bigint): Amount {
  return new Amount(satoshi);
}

/** JSON as a node writes it: amounts with 8 decimals, 64-bit integers in full, absent members left out. */
export function writeJson(value: unknown): string {
  if (value instanceof Amount) return formatAmount(value.satoshi);
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => `${JSON.stringify(name)}:${writeJson(member)}`);
    return `{${members.join(',')}}`;
  }
  // Nodes write doubles with 16 digits: one less than it may take to tell them apart.
  if (typeof value === 'number' && Number.isFinite(value)) return String(Number(value.toPrecision(16)));
  return JSON.stringify(value) ?? 'null';
}
