import { Arn, type Stack } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { documentsOf } from '../functions/applications/documents.ts';
import { loadProfile } from '../functions/applications/load-profile.ts';
import type { Config } from '../functions/plan/config.ts';

/**
 * The scripts that restores run on machines, as Systems Manager keeps them: those of the profiles that plans name.
 * Answers what a role names them by, step by step and check by check with a `*`. A `*` right behind the profile would
 * take in documents of a deployment that is called like this one and the profile together, such as `prod-gitlab`.
 */
export function addDocuments(stack: Stack, { deployment, plans }: Config): string[] {
  const applications = new Set(Object.values(plans).flatMap(({ application }) => application ?? []));
  return [...applications].sort().flatMap((application) => {
    const profile = loadProfile(application);
    if (profile === undefined) return [];
    const documents = documentsOf(profile, deployment);
    for (const { name, action, content } of documents) {
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
    const actions = new Set(documents.map(({ action }) => action.replace(/^(step|check)-.*$/, '$1-*')));
    return [...actions].map((action) => {
      const resourceName = `${deployment}-${profile.name}-${action}`;
      return Arn.format({ service: 'ssm', resource: 'document', resourceName }, stack);
    });
  });
}
