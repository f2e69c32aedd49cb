/** A transaction's message as it is executed: keys in order, and who may do what. */
export type ParsedMessage = {
  readonly signatures: number;
  readonly blockhash: Uint8Array;
  readonly keys: readonly Uint8Array[];
  readonly isSigner: (index: number) => boolean;
  readonly isWritable: (index: number) => boolean;
  readonly instructions: readonly {
    readonly program: number;
    readonly accounts: readonly number[];
    readonly data: Uint8Array;
  }[];
};

const VERSIONED = 0x80;

/** Parses a legacy transaction, or one of version 0 without address tables; `undefined` for others. */
export function parseTransaction(bytes: Uint8Array): ParsedMessage | undefined {
  let at = 0;
  const u8 = (): number => bytes[at++] as number;
  const compact = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => bytes.slice(at, (at += length));
  const list = <Item>(item: () => Item): Item[] => Array.from({ length: compact() }, item);

  if ((bytes[0] as number) >= VERSIONED) return undefined;
  const signatures = list(() => take(64)).length;
  const isVersioned = (bytes[at] as number) >= VERSIONED;
  if (isVersioned && u8() !== VERSIONED) return undefined;
  const [required, readonlySigned, readonlyUnsigned] = [u8(), u8(), u8()];
  const keys = list(() => take(32));
  const blockhash = take(32);
  const instructions = list(() => ({ program: u8(), accounts: list(u8), data: take(compact()) }));
  if (isVersioned && compact() !== 0) return undefined;
  return {
    signatures,
    blockhash,
    keys,
    instructions,
    isSigner: (index) => index < required,
    isWritable: (index) =>
      index < required ? index < required - readonlySigned : index < keys.length - readonlyUnsigned,
  };
}
