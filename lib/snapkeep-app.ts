import type { App } from 'aws-cdk-lib';
import { canonical } from '../functions/plan/canonical.ts';
import type { Config } from '../functions/plan/config.ts';
import type { Bundles } from './bundles.ts';
import { stackName } from './names.ts';
import { SnapkeepStack } from './snapkeep-stack.ts';
import { checkSolutions } from './solution-checks.ts';

/** Behaviours of the CDK that are off unless asked for; here and not in cdk.json, so that tests have them too. */
const featureFlags = {
  // Access logs are allowed by a bucket policy; the other way needs ACLs, which the buckets refuse.
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  // ARNs read `arn:aws:` where the Region is known, in place of a reference.
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/aws-lambda:recognizeVersionProps': true,
  '@aws-cdk/aws-lambda:recognizeLayerVersion': true,
};

/** One Region of a deployment, with its functions' code. */
export interface RegionParts {
  readonly config: Config;
  readonly bundles: Bundles;
}

/**
 * Adds a stack per Region, and nothing that crosses from one to another. In CloudFormation all have the name of the
 * deployment; the app, where names are those of all Regions, puts the Region behind those after the first.
 */
export const addSnapkeepStacks = (app: App, regions: readonly RegionParts[]): readonly SnapkeepStack[] =>
  regions.map((parts, index) => {
    const name = stackName(parts.config);
    return addSnapkeepStack(app, parts, index === 0 ? name : `${name}-${parts.config.region}`);
  });

/** Adds the stack of one Region. Its Region is the configuration's, its account that of whoever deploys it. */
export function addSnapkeepStack(
  app: App,
  { config, bundles }: RegionParts,
  id: string = stackName(config),
): SnapkeepStack {
  if (!app.node.children.some((child) => child instanceof SnapkeepStack)) {
    for (const [flag, value] of Object.entries(featureFlags)) app.node.setContext(flag, value);
    checkSolutions(app);
  }
  return new SnapkeepStack(app, id, {
    // Another order in the file is no other deployment.
    config: canonical(config),
    bundles,
    stackName: stackName(config),
    env: { region: config.region },
    analyticsReporting: false,
  });
}
