declare module 'bitcoin-core' {
  type Call = { readonly method: string; readonly parameters?: readonly unknown[] };
  export default class Client {
    constructor(options: {
      readonly host: string;
      readonly username: string;
      readonly password: string;
      readonly wallet?: string;
    });
    command(method: string, ...params: readonly unknown[]): Promise<unknown>;
    command(batch: readonly Call[]): Promise<unknown[]>;
  }
}
