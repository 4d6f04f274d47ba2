import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { loadConfig } from '../functions/plan/load.ts';
import { formatProblem } from '../functions/plan/problems.ts';
import { SnapkeepError } from '../functions/shared/errors.ts';
import { buildBundles } from '../lib/bundles.ts';
import { addSnapkeepStack } from '../lib/snapkeep-app.ts';
import packageJson from '../package.json' with { type: 'json' };

/**
 * The CDK app: `npx cdk deploy -c config=FILE`, with `snapkeep.yaml` of the current folder unless given. Needs no
 * account to synthesize. Bundles are written to `dist/functions/<deployment>`.
 */
async function main(): Promise<void> {
  const app = new App();
  const named: unknown = app.node.tryGetContext('config');
  const file = typeof named === 'string' ? named : 'snapkeep.yaml';
  const { config, warnings } = await loadConfig(file);
  for (const warning of warnings) console.error(formatProblem(warning, true));
  const root = fileURLToPath(new URL('..', import.meta.url));
  const bundles = await buildBundles({
    config,
    snapkeepVersion: packageJson.version,
    outputFolder: join(root, 'dist', 'functions', config.deployment),
  });
  addSnapkeepStack(app, { config, bundles });
  app.synth();
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SnapkeepError)) throw error;
  console.error(`snapkeep: ${error.message}`);
  if (error.remedy !== undefined) console.error(`  ${error.remedy}`);
  process.exitCode = error.exitCode;
}
