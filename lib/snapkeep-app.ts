import type { App } from 'aws-cdk-lib';
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

/** Adds the stack of one configuration. Its Region is the configuration's, its account that of whoever deploys it. */
export function addSnapkeepStack(
  app: App,
  { config, bundles }: { readonly config: Config; readonly bundles: Bundles },
): SnapkeepStack {
  if (!app.node.children.some((child) => child instanceof SnapkeepStack)) {
    for (const [flag, value] of Object.entries(featureFlags)) app.node.setContext(flag, value);
    checkSolutions(app);
  }
  return new SnapkeepStack(app, stackName(config), {
    config,
    bundles,
    env: { region: config.region },
    analyticsReporting: false,
  });
}
