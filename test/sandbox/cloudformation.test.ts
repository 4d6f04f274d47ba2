import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  type DescribeStackResourcesCommandInput,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  paginateDescribeStacks,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { expect, test } from 'vitest';
import { createCloudFormation } from '../../sandbox/services/cloudformation/service.ts';
import { World } from '../../sandbox/world.ts';
import { refusalOf } from '../support/refusal.ts';
import { startSandbox } from '../support/sandbox-server.ts';

async function startCloudFormation() {
  const world = new World();
  const cloudformation = createCloudFormation(world);
  const sandbox = await startSandbox(() => [cloudformation.service], { world });
  const client = new CloudFormationClient(sandbox.clientConfig);
  return {
    cloudformation,
    client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await sandbox.close();
    },
  };
}

test('a stack is found by its name and by its ID, with its outputs in their order', async () => {
  await using sandbox = await startCloudFormation();
  const id = sandbox.cloudformation.seedStack({
    name: 'snapkeep-prod-eu',
    outputs: { VaultBucket: 'acme', Version: '1.2.3' },
    tags: { 'snapkeep:deployment': 'prod-eu' },
  });
  expect(id).toMatch(
    /^arn:aws:cloudformation:eu-west-1:123456789012:stack\/snapkeep-prod-eu\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  );
  for (const StackName of ['snapkeep-prod-eu', id]) {
    const { Stacks = [] } = await sandbox.client.send(new DescribeStacksCommand({ StackName }));
    expect(Stacks).toMatchObject([
      {
        StackId: id,
        StackName: 'snapkeep-prod-eu',
        StackStatus: 'CREATE_COMPLETE',
        Outputs: [
          { OutputKey: 'VaultBucket', OutputValue: 'acme' },
          { OutputKey: 'Version', OutputValue: '1.2.3' },
        ],
        Tags: [{ Key: 'snapkeep:deployment', Value: 'prod-eu' }],
      },
    ]);
  }
});

test('a stack that was never made has no outputs yet, and one that is made again keeps its ID', async () => {
  await using sandbox = await startCloudFormation();
  const first = sandbox.cloudformation.seedStack({ name: 'web', status: 'REVIEW_IN_PROGRESS' });
  const before = await sandbox.client.send(new DescribeStacksCommand({ StackName: 'web' }));
  expect(before.Stacks?.[0]?.Outputs ?? []).toEqual([]);
  expect(sandbox.cloudformation.seedStack({ name: 'web', outputs: { A: '1' } })).toBe(first);
  const { Stacks = [] } = await sandbox.client.send(new DescribeStacksCommand({}));
  expect(Stacks).toMatchObject([{ StackStatus: 'UPDATE_COMPLETE', Outputs: [{ OutputKey: 'A' }] }]);
  expect(Stacks[0]?.LastUpdatedTime).toBeInstanceOf(Date);
});

test('a deleted stack is known by its ID alone, and its name is free again', async () => {
  await using sandbox = await startCloudFormation();
  const old = sandbox.cloudformation.seedStack({ name: 'web', status: 'DELETE_COMPLETE' });
  const byName = new DescribeStacksCommand({ StackName: 'web' });
  expect(await refusalOf(sandbox.client.send(byName))).toMatchObject({ name: 'ValidationError' });
  const { Stacks = [] } = await sandbox.client.send(new DescribeStacksCommand({ StackName: old }));
  expect(Stacks).toMatchObject([{ StackStatus: 'DELETE_COMPLETE' }]);
  expect(sandbox.cloudformation.seedStack({ name: 'web' })).not.toBe(old);
});

test('what is not there is refused in the words of the service', async () => {
  await using sandbox = await startCloudFormation();
  sandbox.cloudformation.seedStack({ name: 'far', region: 'eu-north-1' });
  sandbox.cloudformation.seedStack({ name: 'strange', account: '999988887777' });
  for (const StackName of ['far', 'strange', 'none']) {
    for (const command of [
      new DescribeStacksCommand({ StackName }),
      new ListStackResourcesCommand({ StackName }),
    ]) {
      // Sound for `send`: both are commands of this client.
      expect(await refusalOf(sandbox.client.send(command as DescribeStacksCommand))).toMatchObject({
        name: 'ValidationError',
        message: `Stack with id ${StackName} does not exist`,
      });
    }
  }
  const strange = new DescribeStacksCommand({ StackName: 'not a name' });
  expect(await refusalOf(sandbox.client.send(strange))).toMatchObject({
    name: 'ValidationError',
    message: expect.stringMatching(/^1 validation error detected: Value 'not a name' at 'stackName'/),
  });
  expect(await refusalOf(sandbox.client.send(new ListStacksCommand({})))).toBeDefined();
});

test('resources are told of a stack, or of the one that a resource belongs to', async () => {
  await using sandbox = await startCloudFormation();
  const resources = [
    { logicalId: 'Vault', type: 'AWS::S3::Bucket', physicalId: 'acme-vault' },
    { logicalId: 'Topic', type: 'AWS::SNS::Topic', physicalId: 'arn:aws:sns:eu-west-1:123456789012:ops' },
  ];
  const StackId = sandbox.cloudformation.seedStack({ name: 'web', resources });
  const ask = (input: DescribeStackResourcesCommandInput) =>
    sandbox.client.send(new DescribeStackResourcesCommand(input));
  const { StackResources = [] } = await ask({ StackName: 'web' });
  expect(StackResources).toMatchObject([
    { StackId, StackName: 'web', LogicalResourceId: 'Vault', PhysicalResourceId: 'acme-vault' },
    { StackId, LogicalResourceId: 'Topic', ResourceStatus: 'CREATE_COMPLETE', Timestamp: expect.any(Date) },
  ]);
  expect((await ask({ PhysicalResourceId: 'acme-vault' })).StackResources).toEqual(StackResources);
  expect((await ask({ StackName: 'web', LogicalResourceId: 'Topic' })).StackResources).toEqual([
    StackResources[1],
  ]);
  for (const wrong of [
    {},
    { StackName: 'web', PhysicalResourceId: 'acme-vault' },
    { PhysicalResourceId: 'no' },
  ])
    expect(await refusalOf(ask(wrong))).toMatchObject({ name: 'ValidationError' });
});

test('lists come in pages, the newest stack first', async () => {
  await using sandbox = await startCloudFormation();
  for (let index = 0; index < 230; index += 1) sandbox.cloudformation.seedStack({ name: `stack-${index}` });
  const resources = Array.from({ length: 120 }, (_, index) => ({
    logicalId: `Bucket${index}`,
    type: 'AWS::S3::Bucket',
    physicalId: `bucket-${index}`,
  }));
  sandbox.cloudformation.seedStack({ name: 'large', resources });
  const { client } = sandbox;
  const names: string[] = [];
  let pages = 0;
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
    pages += 1;
    names.push(...Stacks.map(({ StackName = '' }) => StackName));
  }
  expect(pages).toBe(3);
  expect(names).toHaveLength(231);
  expect(names.slice(0, 2)).toEqual(['large', 'stack-229']);
  const ids: string[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: 'large' }))
    ids.push(...(page.StackResourceSummaries ?? []).map(({ PhysicalResourceId = '' }) => PhysicalResourceId));
  expect(ids).toEqual(resources.map(({ physicalId }) => physicalId));
  const wrong = new DescribeStacksCommand({ NextToken: 'nonsense' });
  expect(await refusalOf(client.send(wrong))).toMatchObject({ name: 'ValidationError' });
});
