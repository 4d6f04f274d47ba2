import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplateVersionsCommand,
  type DescribeLaunchTemplateVersionsRequest,
  ModifyLaunchTemplateCommand,
  paginateDescribeLaunchTemplateVersions,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
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

describe('a template made through the API', () => {
  const create = (sandbox: Ec2Sandbox, LaunchTemplateName: string) =>
    sandbox.client.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName,
        VersionDescription: 'first',
        LaunchTemplateData: { ImageId: 'ami-1', InstanceType: 't3.micro' },
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'Role', Value: 'web' }] }],
      }),
    );

  test('begins with one version, its default, and carries its tags', async () => {
    await using sandbox = await startEc2();
    const { LaunchTemplate } = await create(sandbox, 'web');
    expect(LaunchTemplate).toMatchObject({
      LaunchTemplateId: expect.stringMatching(/^lt-[0-9a-f]{17}$/),
      LaunchTemplateName: 'web',
      DefaultVersionNumber: 1,
      LatestVersionNumber: 1,
      Tags: [{ Key: 'Role', Value: 'web' }],
    });
    expect(await refusal(create(sandbox, 'web'))).toMatch(
      /^InvalidLaunchTemplateName\.AlreadyExistsException/,
    );
    expect(await refusal(create(sandbox, 'w b'))).toMatch(/^InvalidLaunchTemplateName\.MalformedException/);
  });

  test('gets versions that take what they do not say from their source, and another default when told', async () => {
    await using sandbox = await startEc2();
    await create(sandbox, 'web');
    const { LaunchTemplateVersion } = await sandbox.client.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateName: 'web',
        SourceVersion: '1',
        LaunchTemplateData: { ImageId: 'ami-2' },
      }),
    );
    expect(LaunchTemplateVersion).toMatchObject({
      VersionNumber: 2,
      DefaultVersion: false,
      LaunchTemplateData: { ImageId: 'ami-2', InstanceType: 't3.micro' },
    });
    expect(await ask(sandbox, { Versions: ['$Default'] })).toEqual(['web 1']);
    const setDefault = (DefaultVersion: string) =>
      sandbox.client.send(new ModifyLaunchTemplateCommand({ LaunchTemplateName: 'web', DefaultVersion }));
    await setDefault('2');
    expect(await ask(sandbox, { Versions: ['$Default'] })).toEqual(['web 2']);
    expect(await refusal(setDefault('7'))).toMatch(/^InvalidLaunchTemplateId\.VersionNotFound/);
  });

  test('is gone once it is deleted, and belongs to its account alone', async () => {
    await using sandbox = await startEc2();
    const { LaunchTemplate: { LaunchTemplateId = '' } = {} } = await create(sandbox, 'web');
    const remove = new DeleteLaunchTemplateCommand({ LaunchTemplateId });
    expect(await refusal(sandbox.strangerClient.send(remove))).toMatch(/^InvalidLaunchTemplateId\.NotFound/);
    await sandbox.client.send(remove);
    expect(await ask(sandbox, { Versions: ['$Latest'] })).toEqual([]);
    expect(await refusal(sandbox.client.send(remove))).toMatch(/^InvalidLaunchTemplateId\.NotFound/);
  });
});
