/** Version of the package, as nodes report it. */
export const VERSION = '0.1.0';
