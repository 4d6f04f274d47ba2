/** The cloud assembly of a configuration, bundles and all, as `cdk synth` writes it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import * as z from 'zod';
import { loadConfig } from '../../functions/plan/load.ts';
import { buildBundles } from '../../lib/bundles.ts';
import { addSnapkeepStack } from '../../lib/snapkeep-app.ts';

export interface Assembly {
  readonly folder: string;
  /**
   * Takes a statement out of the policy of a role: the first that has the action, on resources with that text. The role
   * is found by the beginning of its logical id.
   */
  forbid(role: string, action: string, on: string): void;
  remove(): void;
}

const templateSchema = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.unknown() })),
});
const roleSchema = z.looseObject({
  Policies: z.array(
    z.looseObject({
      PolicyDocument: z.looseObject({
        Statement: z.array(
          z.looseObject({ Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() }),
        ),
      }),
    }),
  ),
});

/** @param file a configuration of one Region */
export async function synthesizeAssembly(file: string): Promise<Assembly> {
  const root = mkdtempSync(join(tmpdir(), 'snapkeep-assembly-'));
  const folder = join(root, 'cdk.out');
  const { regions } = await loadConfig(file);
  const [config] = regions;
  const bundles = await buildBundles({
    ...{ config, snapkeepVersion: '0.0.0-test', outputFolder: join(root, 'functions') },
  });
  const app = new App({ outdir: folder });
  const stack = addSnapkeepStack(app, { config, bundles });
  app.synth();
  const template = join(folder, stack.templateFile);
  return {
    folder,
    forbid(role, action, on) {
      const { Resources, ...rest } = templateSchema.parse(JSON.parse(readFileSync(template, 'utf8')));
      let found = false;
      for (const [id, resource] of Object.entries(Resources)) {
        if (resource.Type !== 'AWS::IAM::Role' || !id.startsWith(`${role}Role`)) continue;
        const properties = roleSchema.parse(resource.Properties);
        for (const { PolicyDocument } of properties.Policies) {
          PolicyDocument.Statement = PolicyDocument.Statement.filter(({ Action, Resource }) => {
            const named = [Action].flat().includes(action) && JSON.stringify(Resource).includes(on);
            const goes = named && !found;
            found ||= goes;
            return !goes;
          });
        }
        resource.Properties = properties;
      }
      writeFileSync(template, JSON.stringify({ ...rest, Resources }));
      if (!found) throw new Error(`no statement of ${role} has ${action} on ${on}`);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
