import type { AddressChange } from '../rewrite/address-map.ts';
import type { CommandDocument } from './command-port.ts';

/** What the commands of one restore are told. Values only; each command takes from it what its parameters need. */
export interface CommandFacts {
  readonly restoreId: string;
  readonly machine: string;
  readonly change: AddressChange;
  /** Of the new machine as it will be when the restore is over. */
  readonly privateAddress: string;
  readonly publicAddress?: string;
  /** Name under which people reach the application from now on, and the one before. */
  readonly serviceName?: string;
  readonly oldServiceName?: string;
  readonly sshHostKeys: 'keep' | 'regenerate';
}

export const commandPurposes = ['rewrite', 'start-units', 'step', 'check'] as const;

/** One script of the application's profile, in the order in which a restore runs them. */
export interface RestoreCommand {
  /** Unique within the application and stable over versions: `rewrite`, `step-remove-nomad`, `check-web`. */
  readonly name: string;
  readonly purpose: (typeof commandPurposes)[number];
  /** For people: what it does, in the imperative. */
  readonly title: string;
  readonly document: CommandDocument;
  readonly timeoutSeconds: number;
  /** Whether a restore ends when it fails, or goes on and says so. */
  readonly onFailure: 'stop' | 'continue';
  /** It belongs to starting the application: left out when the application is not to be started. */
  readonly startsApplication: boolean;
  readonly parameterNames: readonly string[];
  /** Values for the document's parameters. Throws a `usage` sentence for a value that no parameter may hold. */
  parameters(facts: CommandFacts): Readonly<Record<string, string>>;
}

/** What a rewrite changed, as far as its summary says; the full report stays on the machine. */
export interface RewriteSummary {
  readonly changed: readonly { readonly path: string; readonly replacements: number }[];
  readonly left: readonly { readonly path: string; readonly reason: string }[];
  readonly digest?: string;
}

/** What a restore needs to know of an application; made from its profile by whoever starts the workflow. */
export interface RestorableApplication {
  readonly name: string;
  /** Units that are held back at boot and started in this order; empty where the application has none of its own. */
  readonly units: readonly string[];
  readonly commands: readonly RestoreCommand[];
  /** Scripts that must stand ready: those of the commands, and the one by which a person undoes a rewrite. */
  readonly documents: readonly CommandDocument[];
  /** User data that holds the units back from the first boot on, with the old machine's user data behind it if given. */
  launchUserData(options: {
    readonly sshHostKeys: 'keep' | 'regenerate';
    readonly oldUserData?: string;
  }): string;
  /** The rules for files, one line each, for a dry run. */
  readonly fileRules: readonly string[];
  /** Reads the standard output of the command `rewrite`. */
  readSummary(stdout: string): RewriteSummary;
  /** What a person still has to do afterwards, one sentence each. */
  remains(facts: CommandFacts): readonly string[];
}

/** The application of that name, or undefined when there is no profile of it yet. Throws for a profile that is broken. */
export type FindApplication = (name: string) => RestorableApplication | undefined;
