import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Config } from '../../functions/plan/config.ts';
import type { Bundles } from '../../lib/bundles.ts';
import { addSnapkeepStack, addSnapkeepStacks } from '../../lib/snapkeep-app.ts';
import type { SnapkeepStack } from '../../lib/snapkeep-stack.ts';
import { aConfig } from './configs.ts';

/** The template of a configuration, without building the functions' code. */
export function synthesize(config: Config = aConfig()): Template {
  return Template.fromStack(stackOf(config));
}

/** The stack before it is synthesized, in an app of its own. */
export const stackOf = (config: Config = aConfig(), code = ''): SnapkeepStack =>
  addSnapkeepStack(new App(), { config, bundles: emptyBundles(code) });

/** The stacks of several Regions, in one app. */
export const stacksOf = (configs: readonly Config[], app = new App()): readonly SnapkeepStack[] =>
  addSnapkeepStacks(
    app,
    configs.map((config) => ({ config, bundles: emptyBundles(config.region) })),
  );

export function emptyBundles(code = ''): Bundles {
  const root = mkdtempSync(join(tmpdir(), 'snapkeep-bundles-'));
  const folder = (name: string): string => {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'index.mjs'), `// ${name} ${code}\n`);
    return join(root, name);
  };
  return {
    start: folder('start'),
    backup: folder('backup'),
    'backup-worker': folder('backup-worker'),
    rotate: folder('rotate'),
    'rotate-worker': folder('rotate-worker'),
    restore: folder('restore'),
    'restore-worker': folder('restore-worker'),
  };
}

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  /** Of a bucket's policy. */
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, unknown>>;
}

/**
 * What the role of a function, or of the schedules, may do, by the beginning of its logical id: its own statements, and
 * those of the policies of buckets that name it.
 */
export function statementsOf(template: Template, role: string): readonly Statement[] {
  const roles = Object.entries(template.findResources('AWS::IAM::Role'));
  const found = roles.find(([id]) => id.startsWith(`${role}Role`));
  if (found === undefined) throw new Error(`no role of ${role} among ${roles.map(([id]) => id).join(', ')}`);
  const [id, { Properties }] = found;
  const documents: { Statement: Statement[] }[] = [
    ...Properties.Policies.map((policy: { PolicyDocument: unknown }) => policy.PolicyDocument),
    ...Object.values(template.findResources('AWS::S3::BucketPolicy')).map(
      (policy) => policy.Properties.PolicyDocument,
    ),
  ];
  const itself = JSON.stringify({ 'Fn::GetAtt': [id, 'Arn'] });
  return documents
    .flatMap(({ Statement }) => Statement)
    .filter(({ Principal }) => Principal === undefined || JSON.stringify(Principal).includes(itself));
}

export const actionsOf = ({ Action }: Statement): readonly string[] =>
  typeof Action === 'string' ? [Action] : Action;
