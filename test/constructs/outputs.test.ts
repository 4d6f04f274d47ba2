import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { findStack } from '../../bin/cli/deployed/stack.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { aConfig } from '../support/configs.ts';
import { synthesize } from '../support/synthesized.ts';

/** As CloudFormation answers them: references to the account replaced, those to resources by their names. */
function deployedOutputs(outputs: Readonly<Record<string, { readonly Value: unknown }>>, bucket: string) {
  const text = (value: unknown): string => {
    if (typeof value === 'string') return value;
    if (typeof value !== 'object' || value === null) return '';
    if ('Ref' in value) return value.Ref === 'AWS::AccountId' ? '123456789012' : bucket;
    if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
      const [separator, parts]: unknown[] = value['Fn::Join'];
      return Array.isArray(parts) ? parts.map(text).join(String(separator)) : '';
    }
    return '';
  };
  return Object.entries(outputs).map(([OutputKey, { Value }]) => ({ OutputKey, OutputValue: text(Value) }));
}

it('the outputs of the synthesized stack are what the command line looks for', async () => {
  const config = aConfig();
  const Outputs = deployedOutputs(synthesize(config).toJSON().Outputs, config.vault.bucket);
  const client = mockClient(CloudFormationClient);
  client.on(DescribeStacksCommand, { StackName: 'snapkeep-prod-eu' }).resolves({
    Stacks: [
      { StackName: 'snapkeep-prod-eu', CreationTime: new Date(), StackStatus: 'CREATE_COMPLETE', Outputs },
    ],
  });
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const stack = await findStack(new CloudFormationClient({ region: 'eu-west-1' }), config, logger);
  const worker = (verb: string) =>
    `arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-${verb}-worker:live`;
  expect(stack).toEqual({
    name: 'snapkeep-prod-eu',
    region: 'eu-west-1',
    plans: ['ci', 'fleet'],
    backupWorkerArn: worker('backup'),
    rotateWorkerArn: worker('rotate'),
    restoreWorkerArn: worker('restore'),
  });
  expect(warnings).toEqual([]);
});
