import { createHash } from 'node:crypto';
import { type DocumentParameter, rewriteParameters, stepParameters, undoParameters } from './parameters.ts';
import type { Profile } from './profile.ts';
import { checkScript, rewriteScript, startUnitsScript, stepScript, undoScript } from './scripts.ts';

export { rootLine } from './scripts.ts';

/** `interpolationType: ENV_VAR` is known from this version on (Systems Manager, "Data elements and parameters"). */
export const minimumAgentVersion = '3.3.2746.0';

export interface SsmDocument {
  /** `<deployment>-<profile>-<action>`, at most 128 characters. */
  readonly name: string;
  /** `rewrite`, `undo`, `start-units`, `step-<name>` or `check-<name>`. */
  readonly action: string;
  /** JSON of schema version 2.2; the same text for the same profile, always. */
  readonly content: string;
  /** SHA-256 of `content` in lower-case hexadecimal. */
  readonly digest: string;
  readonly parameters: Readonly<Record<string, DocumentParameter>>;
  /** After this long the agent ends the script. */
  readonly timeoutSeconds: number;
}

interface Draft {
  readonly action: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, DocumentParameter>>;
  readonly timeoutSeconds: number;
  readonly script: string;
}

const rewriteSeconds = 1800;
const unitsSeconds = 900;
/** A wait that ends by itself says why; the agent's end says nothing. */
const graceSeconds = 60;

/**
 * The documents of a profile, in the order in which a restore uses them (`undo` apart). Document and parameters
 * together may have 64 KB (Systems Manager quotas); parameters are left 24 KB of it.
 */
export function documentsOf(profile: Profile, deployment: string): readonly SsmDocument[] {
  return draftsOf(profile).map((draft) => toDocument(profile, deployment, draft));
}

function draftsOf(profile: Profile): readonly Draft[] {
  return [
    {
      action: 'rewrite',
      description: `Replaces old addresses and names in the configuration of ${profile.title}`,
      parameters: rewriteParameters,
      timeoutSeconds: rewriteSeconds,
      script: rewriteScript(profile.files, profile.units),
    },
    {
      action: 'undo',
      description: 'Puts back what a rewrite changed',
      parameters: undoParameters,
      timeoutSeconds: rewriteSeconds,
      script: undoScript(),
    },
    {
      action: 'start-units',
      description: `Releases and starts the units of ${profile.title}`,
      parameters: {},
      timeoutSeconds: unitsSeconds,
      script: startUnitsScript(profile.units),
    },
    ...profile.steps.map((step) => ({
      action: `step-${step.name}`,
      description: step.title ?? `${profile.title}: ${step.name}`,
      parameters: stepParameters,
      timeoutSeconds: step.timeoutSeconds + graceSeconds,
      script: stepScript(profile, step),
    })),
    ...profile.checks.map((check) => ({
      action: `check-${check.name}`,
      description: check.title ?? `${profile.title}: ${check.name}`,
      parameters: stepParameters,
      timeoutSeconds: check.timeoutSeconds + graceSeconds,
      script: checkScript(profile, check),
    })),
  ];
}

const sizeLimit = 40 * 1024;

function toDocument(profile: Profile, deployment: string, draft: Draft): SsmDocument {
  const { action, description, parameters, timeoutSeconds, script } = draft;
  if (script.includes('{{')) throw new TypeError(`the document ${action} of ${profile.name} holds {{`);
  const content = `${JSON.stringify(
    {
      schemaVersion: '2.2',
      description: `${description}. Needs SSM Agent ${minimumAgentVersion} or later.`,
      parameters,
      mainSteps: [
        {
          action: 'aws:runShellScript',
          name: action,
          precondition: { StringEquals: ['platformType', 'Linux'] },
          inputs: { timeoutSeconds: String(timeoutSeconds), runCommand: script.trimEnd().split('\n') },
        },
      ],
    },
    undefined,
    1,
  )}\n`;
  if (Buffer.byteLength(content) > sizeLimit) {
    throw new RangeError(`the document ${action} of ${profile.name} has more than ${sizeLimit} bytes`);
  }
  return {
    name: `${deployment}-${profile.name}-${action}`,
    action,
    content,
    digest: createHash('sha256').update(content).digest('hex'),
    parameters,
    timeoutSeconds,
  };
}
