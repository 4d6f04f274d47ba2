import type { PlannedCall } from '../shared/planned-call.ts';

/**
 * A script of ours as the machine's agent runs it: generated from a profile when the stack is synthesized. The
 * content is fixed; only parameters differ, and they are values, never code.
 */
export interface CommandDocument {
  /** `<deployment>-<profile>-<action>` */
  readonly name: string;
  /** SHA-256 of the content in lower-case hexadecimal. */
  readonly digest: string;
  readonly content: string;
}

export interface CommandOrder {
  readonly machine: string;
  readonly document: CommandDocument;
  /** By the document's parameter names; each value matches the document's pattern, else the service refuses. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The script is ended after this long. Whole seconds, 30 to 172,800. */
  readonly timeoutSeconds: number;
  /**
   * Names this command of this restore, at most 100 characters. A command of the same token that the service still
   * lists for this machine and document is adopted instead of sent again, as far as it can be found.
   */
  readonly token: string;
}

export interface SentCommand {
  readonly id: string;
  readonly machine: string;
}

/** What a script wrote, as far as the service keeps it: at most 24,000 characters each, never configuration content. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

export type CommandStanding =
  /** Also while the service does not know the invocation yet, a moment after sending. */
  | { readonly state: 'pending'; readonly detail: string }
  | ({ readonly state: 'done' } & CommandOutput)
  /** `exitCode` is absent when the script never ended by itself (delivery or execution timed out, cancelled). */
  | ({ readonly state: 'failed'; readonly reason: string; readonly exitCode?: number } & CommandOutput);

export type AgentReadiness =
  | { readonly state: 'ready'; readonly agentVersion: string }
  /** Not registered yet or connection lost; `detail` says which. */
  | { readonly state: 'waiting'; readonly detail: string }
  /** It will not become ready by waiting: the agent is too old to take parameters as environment variables. */
  | { readonly state: 'unsuitable'; readonly reason: string };

/**
 * The port to commands on a machine. **At least once**: a crash between sending and remembering may send a command a
 * second time, so every script is a no-op when its work is done and waits for its own earlier run.
 */
export interface CommandPort {
  /**
   * Whether these documents stand with the service in exactly this content; one sentence per document that does not.
   * Where the caller may write documents (a local run), missing or different ones are made first. Idempotent.
   */
  prepare(documents: readonly CommandDocument[]): Promise<readonly string[]>;

  /** What `prepare` would do, as far as it changes anything, and what it would complain about. Read-only. */
  survey(documents: readonly CommandDocument[]): Promise<{
    readonly calls: readonly PlannedCall[];
    readonly problems: readonly string[];
  }>;

  /** The call that `send` would make. Pure. */
  describe(order: CommandOrder): PlannedCall;

  /** Whether commands reach the machine. Read-only, retryable. */
  readiness(request: { readonly machine: string }): Promise<AgentReadiness>;

  /** Sends the document. Throws a `failed` sentence for what the service refuses (document, parameter, machine). */
  send(order: CommandOrder): Promise<SentCommand>;

  /** One look. Read-only, retryable. */
  poll(sent: SentCommand): Promise<CommandStanding>;
}
