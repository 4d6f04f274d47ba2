import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Errors } from 'aws-cdk-lib';
import type { Config } from '../functions/plan/config.ts';
import { loadConfig } from '../functions/plan/load.ts';
import { formatProblem } from '../functions/plan/problems.ts';
import { exitCodes, SnapkeepError } from '../functions/shared/errors.ts';
import { type BundleOptions, buildBundles, copyBundles } from '../lib/bundles.ts';
import { addSnapkeepStacks } from '../lib/snapkeep-app.ts';
import packageJson from '../package.json' with { type: 'json' };

/**
 * The CDK app: `npx cdk deploy -c config=FILE`, with `snapkeep.yaml` of the current folder unless given. Needs no
 * account to synthesize. Bundles are written to `dist/functions/<deployment>/<region>`.
 */
async function main(): Promise<void> {
  // Synthesized once, here: at the end of the process nothing would catch what it refuses.
  const app = new App({ autoSynth: false });
  const named: unknown = app.node.tryGetContext('config');
  const file = typeof named === 'string' ? named : 'snapkeep.yaml';
  const { regions, warnings } = await loadConfig(file);
  for (const warning of warnings) console.error(formatProblem(warning, true));
  const root = fileURLToPath(new URL('..', import.meta.url));
  const optionsOf = (config: Config): BundleOptions => ({
    config,
    snapkeepVersion: packageJson.version,
    outputFolder: join(root, 'dist', 'functions', config.deployment, config.region),
  });
  const [first, ...others] = regions;
  const built = optionsOf(first);
  const bundles = await buildBundles(built);
  addSnapkeepStacks(app, [
    { config: first, bundles },
    ...others.map((config) => ({
      config,
      bundles: copyBundles(built.outputFolder, optionsOf(config)),
    })),
  ]);
  app.synth();
}

try {
  await main();
} catch (error) {
  // The CDK refuses what no stack can hold: too many resources, too many permissions. That is the configuration's, too.
  if (!(error instanceof SnapkeepError) && !Errors.isValidationError(error)) throw error;
  console.error(`snapkeep: ${error.message}`);
  const remedy = error instanceof SnapkeepError ? error.remedy : undefined;
  // The flag of `snapkeep`, as it is said to the CDK.
  if (remedy !== undefined) console.error(`  ${remedy.replace('--config FILE', '-c config=FILE')}`);
  process.exitCode = error instanceof SnapkeepError ? error.exitCode : exitCodes.usage;
}
