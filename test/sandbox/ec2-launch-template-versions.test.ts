import {
  DescribeLaunchTemplateVersionsCommand,
  type DescribeLaunchTemplateVersionsRequest,
  paginateDescribeLaunchTemplateVersions,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Ec2Sandbox, refusal, startEc2 } from '../support/ec2-sandbox.ts';

const versions = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ImageId: `ami-${index + 1}` }));

const ask = async (sandbox: Ec2Sandbox, question: DescribeLaunchTemplateVersionsRequest) => {
  const answer = await sandbox.client.send(new DescribeLaunchTemplateVersionsCommand(question));
  return (answer.LaunchTemplateVersions ?? []).map(
    ({ LaunchTemplateName, VersionNumber }) => `${LaunchTemplateName} ${VersionNumber}`,
  );
};

test('the default and the latest versions of all templates come in one answer, each once', async () => {
  await using sandbox = await startEc2();
  sandbox.seed.addLaunchTemplate({ name: 'web', versions: versions(4), defaultVersion: 2 });
  sandbox.seed.addLaunchTemplate({ name: 'api', versions: versions(1) });
  expect(await ask(sandbox, { Versions: ['$Default', '$Latest'] })).toEqual(['web 4', 'web 2', 'api 1']);
  expect(await ask(sandbox, { Versions: ['$Default'] })).toEqual(['web 2', 'api 1']);
  const byImage = [{ Name: 'image-id', Values: ['ami-2'] }];
  expect(await ask(sandbox, { Versions: ['$Default', '$Latest'], Filters: byImage })).toEqual(['web 2']);
});

test('a number, or no version at all, needs the template to be named, however many there are', async () => {
  await using sandbox = await startEc2();
  sandbox.seed.addLaunchTemplate({ name: 'web', versions: versions(2) });
  expect(await refusal(ask(sandbox, {}))).toMatch(/^MissingParameter/);
  expect(await refusal(ask(sandbox, { Versions: ['1'] }))).toMatch(/^InvalidParameterCombination/);
  expect(await ask(sandbox, { LaunchTemplateName: 'web', Versions: ['1', '$Latest', '2'] })).toEqual([
    'web 2',
    'web 1',
  ]);
});

test('pages go from the newest version to the oldest without losing one', async () => {
  await using sandbox = await startEc2();
  sandbox.seed.addLaunchTemplate({ name: 'web', versions: versions(25) });
  const seen: (number | undefined)[] = [];
  const pages = paginateDescribeLaunchTemplateVersions(
    { client: sandbox.client, pageSize: 10 },
    { LaunchTemplateName: 'web' },
  );
  for await (const page of pages)
    seen.push(...(page.LaunchTemplateVersions ?? []).map(({ VersionNumber }) => VersionNumber));
  expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index));
});
