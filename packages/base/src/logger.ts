export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;
export type LogRecord = {
  readonly level: LogLevel;
  readonly module: string;
  readonly message: string;
  readonly fields: LogFields;
};
export type LogSink = (record: LogRecord) => void;

/** Structured fields first: `log.info({ block: 7, gas: 21000 }, 'block mined')`. Never a private key. */
export type Logger = Readonly<Record<LogLevel, (fields: LogFields, message: string) => void>> & {
  /** A logger whose records carry `module` appended to this one's name, and these fields. */
  readonly child: (module: string, fields?: LogFields) => Logger;
};

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** A logger that hands records of at least `level` to `sink`; the sink decides on format and clock. */
export function createLogger(options: {
  readonly sink: LogSink;
  readonly level?: LogLevel | undefined;
  readonly module?: string | undefined;
  readonly fields?: LogFields | undefined;
}): Logger {
  const { sink, level: lowest = 'info', module = '', fields: common = {} } = options;
  const writer =
    (level: LogLevel) =>
    (fields: LogFields, message: string): void =>
      sink({ level, module, message, fields: { ...common, ...fields } });
  const ignore = (): void => {};
  const write = (level: LogLevel): ((fields: LogFields, message: string) => void) =>
    LEVELS.indexOf(level) < LEVELS.indexOf(lowest) ? ignore : writer(level);
  return {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (name, fields = {}) =>
      createLogger({
        sink,
        level: lowest,
        module: module === '' ? name : `${module}.${name}`,
        fields: { ...common, ...fields },
      }),
  };
}

/** The default in libraries: says nothing. */
export const silentLogger: Logger = createLogger({ sink: () => {}, level: 'error' });
