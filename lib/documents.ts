import { Arn, type Stack } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { documentsOf } from '../functions/applications/documents.ts';
import { loadProfile } from '../functions/applications/load-profile.ts';
import type { Config } from '../functions/plan/config.ts';

/**
 * The scripts that restores run on machines, as Systems Manager keeps them: those of the profiles that plans name.
 * Answers an ARN for those of each profile: all their names begin like no other profile's.
 */
export function addDocuments(stack: Stack, { deployment, plans }: Config): string[] {
  const applications = new Set(Object.values(plans).flatMap(({ application }) => application ?? []));
  return [...applications].sort().flatMap((application) => {
    const profile = loadProfile(application);
    if (profile === undefined) return [];
    for (const { name, action, content } of documentsOf(profile, deployment)) {
      new CfnDocument(stack, `Document-${profile.name}-${action}`, {
        name,
        documentType: 'Command',
        documentFormat: 'JSON',
        targetType: '/AWS::EC2::Instance',
        content: JSON.parse(content),
        // A named document cannot be replaced, which is what a change of its content means otherwise.
        updateMethod: 'NewVersion',
      });
    }
    const resourceName = `${deployment}-${profile.name}-*`;
    return [Arn.format({ service: 'ssm', resource: 'document', resourceName }, stack)];
  });
}
