import type {
  CommandInvocationStatus,
  DocumentFormat,
  DocumentType,
  ParameterType,
  PingStatus,
  PlatformType,
  Tag,
  Target,
} from '@aws-sdk/client-ssm';
import type { DocumentContent } from './document-content.ts';

/** A machine with a running agent, as the port `ManagedInstances` tells it. */
export interface ManagedInstance {
  readonly instanceId: string;
  readonly pingStatus: PingStatus;
  readonly platformType?: PlatformType;
  readonly platformName?: string;
  readonly platformVersion?: string;
  readonly agentVersion?: string;
  readonly ipAddress?: string;
  readonly computerName?: string;
  readonly iamRole?: string;
  /** Milliseconds since the epoch. */
  readonly lastPingAt?: number;
  readonly registeredAt?: number;
  /** Tags of the EC2 instance: commands may aim at them. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Which machines of an account and Region Systems Manager manages at this moment of the sandbox clock. */
export type ManagedInstances = (account: string, region: string) => readonly ManagedInstance[];

/** One run of a document on one machine. */
export interface CommandRequest {
  readonly account: string;
  readonly region: string;
  readonly commandId: string;
  readonly instanceId: string;
  readonly documentName: string;
  readonly documentVersion: string;
  readonly content: DocumentContent;
  /** The text that `content` was read from, for whoever judges a document by its digest. */
  readonly text: string;
  /** Every parameter of the document that has a value: given or default. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  /** Sandbox time in milliseconds at which the agent begins. */
  readonly startedAt: number;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Sandbox time that the run takes, 0 or more. */
  readonly durationSeconds: number;
}

/**
 * Runs documents. Called once per invocation, when it starts; the answer to a question about an invocation waits
 * for it. A rejected promise makes the invocation fail with the error's message on standard error.
 */
export type CommandRunner = (request: CommandRequest) => CommandResult | Promise<CommandResult>;

export interface DocumentVersion {
  /** 1, 2, ... */
  readonly number: number;
  readonly name: string | undefined;
  readonly text: string;
  readonly format: DocumentFormat;
  readonly content: DocumentContent;
  readonly createdAt: number;
}

export interface DocumentRecord {
  readonly name: string;
  readonly type: DocumentType;
  readonly owner: string;
  readonly targetType: string | undefined;
  readonly displayName: string | undefined;
  readonly tags: readonly Tag[];
  readonly versions: DocumentVersion[];
  defaultVersion: number;
}

export interface Invocation {
  readonly instanceId: string;
  /** Set when the agent has begun. */
  startedAt: number | undefined;
  result: Promise<CommandResult> | undefined;
  /** Set when the result has arrived, for whoever cannot wait. */
  settled: CommandResult | undefined;
  /** Sandbox time of a cancellation or a delivery timeout, which end an invocation early. */
  ended:
    | { readonly at: number; readonly status: CommandInvocationStatus; readonly details: string }
    | undefined;
}

export interface Command {
  readonly id: string;
  readonly requestedAt: number;
  readonly document: DocumentRecord;
  readonly version: DocumentVersion;
  /** As given, without defaults. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly instanceIds: readonly string[];
  readonly targets: readonly Target[];
  readonly comment: string;
  readonly timeoutSeconds: number;
  readonly maxConcurrency: string;
  readonly maxErrors: string;
  readonly outputBucket: string | undefined;
  readonly outputPrefix: string | undefined;
  readonly invocations: readonly Invocation[];
}

export interface StoredParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly value: string;
  readonly version: number;
  readonly modifiedAt: number;
  readonly dataType: string;
}
