export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging port. Powertools' Logger satisfies it in Lambda; the CLI writes to stderr. Never pass secrets. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
