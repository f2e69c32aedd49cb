/** The parts of bitcore-lib that are measured and compared with; it brings no types. */
declare module 'bitcore-lib' {
  type Output = { readonly script: unknown; readonly satoshis: number };
  type Input = { output: Output };
  const bitcore: {
    readonly Transaction: {
      new (hex: string): { readonly inputs: Input[] };
      readonly Output: { fromBufferReader(reader: unknown): Output };
    };
    readonly Script: {
      new (bytes: Buffer): unknown;
      readonly Interpreter: new () => {
        verify(
          scriptSig: unknown,
          scriptPubKey: unknown,
          tx: unknown,
          index: number,
          flags: number,
          witness: readonly Buffer[],
          satoshis: number,
        ): boolean;
      };
    };
    readonly encoding: { readonly BufferReader: new (bytes: Buffer) => unknown };
  };
  export default bitcore;
}
