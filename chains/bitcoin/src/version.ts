/** Version of Bitcoin Core whose answers these are. */
export const VERSION: number = 290000;
/** How nodes introduce themselves (BIP 14). */
export const VERSION_TEXT: string = '/Satoshi:29.0.0/Ninefold:0.1.0/';
