import { createHash } from 'node:crypto';
import {
  CreateDocumentCommand,
  DeleteDocumentCommand,
  DeleteParameterCommand,
  DescribeDocumentCommand,
  GetDocumentCommand,
  GetParameterCommand,
  GetParametersCommand,
  ListDocumentsCommand,
  PutParameterCommand,
  SSMClient,
  UpdateDocumentCommand,
  UpdateDocumentDefaultVersionCommand,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { createSsm, type Ssm } from '../../sandbox/services/ssm/service.ts';
import { codeOf, refusalOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

const place = { account: DEFAULT_IDENTITY.account, region: 'eu-west-1' };
let sandbox: StartedSandbox;
let ssm: Ssm;
let client: SSMClient;
let count = 0;

beforeAll(async () => {
  sandbox = await startSandbox((world) => {
    ssm = createSsm(world);
    return [ssm.service];
  });
  client = new SSMClient(sandbox.clientConfig);
});
afterAll(() => sandbox.close());

const documentOf = (more: object = {}) => ({
  schemaVersion: '2.2',
  description: 'Freezes the application',
  parameters: {
    Action: {
      type: 'String',
      allowedValues: ['freeze', 'thaw'],
      default: 'freeze',
      interpolationType: 'ENV_VAR',
    },
    Target: { type: 'String', allowedPattern: '^[a-z0-9-]{1,63}$', description: 'host' },
  },
  mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['echo "$SSM_Action"'] } }],
  ...more,
});
const create = (content: unknown, more: object = {}) =>
  client.send(
    new CreateDocumentCommand({
      Name: `snapkeep-${++count}`,
      Content: typeof content === 'string' ? content : JSON.stringify(content),
      DocumentType: 'Command',
      ...more,
    }),
  );

describe('documents', () => {
  test('come back as they were written, described by their content', async () => {
    const Content = JSON.stringify(documentOf(), null, 2);
    const { DocumentDescription } = await create(Content, { Tags: [{ Key: 'a', Value: 'b' }] });
    expect(DocumentDescription).toMatchObject({
      Hash: createHash('sha256').update(Content).digest('hex'),
      HashType: 'Sha256',
      Owner: place.account,
      Status: 'Active',
      SchemaVersion: '2.2',
      PlatformTypes: ['Linux', 'MacOS'],
      DefaultVersion: '1',
      LatestVersion: '1',
      Parameters: [
        { Name: 'Action', Type: 'String', DefaultValue: 'freeze' },
        { Name: 'Target', Type: 'String', Description: 'host' },
      ],
    });
    const { Name } = DocumentDescription ?? {};
    expect(await client.send(new GetDocumentCommand({ Name }))).toMatchObject({
      Content,
      DocumentFormat: 'JSON',
    });
    const yaml = await client.send(new GetDocumentCommand({ Name, DocumentFormat: 'YAML' }));
    expect(parse(yaml.Content ?? '')).toEqual(documentOf());
    expect(ssm.document(place, Name ?? '')?.versions).toHaveLength(1);
  });

  test('may be written in YAML', async () => {
    const yaml = [
      'schemaVersion: "2.2"',
      'mainSteps:',
      '  - action: aws:runShellScript',
      '    name: run',
      '    inputs: { runCommand: ["true"] }',
    ].join('\n');
    const { DocumentDescription } = await create(yaml, { DocumentFormat: 'YAML' });
    expect(DocumentDescription?.SchemaVersion).toBe('2.2');
    expect(await codeOf(create(yaml))).toBe('InvalidDocumentContent 400');
  });

  test('have versions, of which one is the default', async () => {
    const { DocumentDescription } = await create(documentOf());
    const Name = DocumentDescription?.Name;
    const update = (more: object) =>
      client.send(
        new UpdateDocumentCommand({
          Name,
          Content: JSON.stringify(documentOf({ description: 'second' })),
          DocumentVersion: '$LATEST',
          ...more,
        }),
      );
    expect((await update({})).DocumentDescription).toMatchObject({
      DocumentVersion: '2',
      DefaultVersion: '1',
    });
    expect(await codeOf(update({}))).toBe('DuplicateDocumentContent 400');
    expect(await codeOf(update({ DocumentVersion: '1' }))).toBe('InvalidDocumentVersion 400');
    const describeDocument = (DocumentVersion?: string) =>
      client.send(new DescribeDocumentCommand({ Name, DocumentVersion }));
    expect((await describeDocument()).Document?.DocumentVersion).toBe('1');
    expect((await describeDocument('$LATEST')).Document?.Description).toBe('second');
    await client.send(new UpdateDocumentDefaultVersionCommand({ Name, DocumentVersion: '2' }));
    expect((await describeDocument()).Document?.DocumentVersion).toBe('2');
    expect(await codeOf(describeDocument('3'))).toBe('InvalidDocumentVersion 400');
    const remove = (DocumentVersion?: string) =>
      client.send(new DeleteDocumentCommand({ Name, DocumentVersion }));
    expect(await codeOf(remove('2'))).toBe('InvalidDocumentOperation 400');
    await remove('1');
    await remove();
    expect(await codeOf(describeDocument())).toBe('InvalidDocument 400');
  });

  test('a name is taken once, and those that begin like AWS are not for us', async () => {
    const Name = 'snapkeep-named';
    await create(documentOf(), { Name });
    expect(await codeOf(create(documentOf(), { Name }))).toBe('DocumentAlreadyExists 400');
    expect(await codeOf(create(documentOf(), { Name: 'AWS-Mine' }))).toBe('ValidationException 400');
    expect(await codeOf(create(documentOf(), { Name: 'a b' }))).toBe('ValidationException 400');
    expect(await codeOf(client.send(new DeleteDocumentCommand({ Name: 'AWS-RunShellScript' })))).toBe(
      'InvalidDocumentOperation 400',
    );
  });

  const parameter = (definition: object) => documentOf({ parameters: { P: definition } });
  test.each([
    ['no schema version', documentOf({ schemaVersion: undefined })],
    ['no steps', documentOf({ mainSteps: [] })],
    [
      'two steps of one name',
      documentOf({ mainSteps: [...documentOf().mainSteps, ...documentOf().mainSteps] }),
    ],
    ['a step without a plugin', documentOf({ mainSteps: [{ action: 'rm', name: 'x', inputs: {} }] })],
    ['an unknown parameter type', parameter({ type: 'Text' })],
    ['a broken pattern', parameter({ type: 'String', allowedPattern: '[' })],
    ['an unknown interpolation', parameter({ type: 'String', interpolationType: 'SHELL' })],
    [
      'an environment variable that is a list',
      parameter({ type: 'StringList', interpolationType: 'ENV_VAR' }),
    ],
    ['a default that is not allowed', parameter({ type: 'String', allowedValues: ['a'], default: 'b' })],
    ['no JSON at all', '{'],
    ['a list', '[]'],
  ])('with %s are refused', async (_what, content) => {
    expect(await codeOf(create(content))).toBe('InvalidDocumentContent 400');
  });

  test('of an unknown schema version or over 64 KB are refused', async () => {
    expect(await codeOf(create(documentOf({ schemaVersion: '9.9' })))).toBe(
      'InvalidDocumentSchemaVersion 400',
    );
    const big = documentOf({ description: 'x'.repeat(64 * 1024) });
    expect(await codeOf(create(big))).toBe('MaxDocumentSizeExceeded 400');
  });

  test('are listed by name and owner, in pages', async () => {
    for (const letter of ['a', 'b', 'c']) {
      await create(documentOf(), { Name: `listed-${letter}`, Tags: [{ Key: 'team', Value: letter }] });
    }
    const list = async (Filters: { Key: string; Values: string[] }[], more: object = {}) => {
      const answer = await client.send(new ListDocumentsCommand({ Filters, ...more }));
      return { names: answer.DocumentIdentifiers?.map(({ Name }) => Name), next: answer.NextToken };
    };
    const named = { Key: 'Name', Values: ['listed-'] };
    const first = await list([named], { MaxResults: 2 });
    expect(first.names).toEqual(['listed-a', 'listed-b']);
    expect((await list([named], { MaxResults: 2, NextToken: first.next })).names).toEqual(['listed-c']);
    expect((await list([named, { Key: 'tag:team', Values: ['b'] }])).names).toEqual(['listed-b']);
    expect((await list([{ Key: 'Owner', Values: ['Amazon'] }])).names).toEqual(['AWS-RunShellScript']);
    expect(await codeOf(list([{ Key: 'Colour', Values: ['red'] }]))).toBe('InvalidFilterKey 400');
  });
});

describe('parameters', () => {
  const get = (Name: string) => client.send(new GetParameterCommand({ Name }));
  const put = (Name: string, Value: string, more: object = {}) =>
    client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }));

  test('are written, overwritten on demand, read and deleted', async () => {
    expect((await put('/snapkeep/a', 'one')).Version).toBe(1);
    expect(await codeOf(put('/snapkeep/a', 'two'))).toBe('ParameterAlreadyExists 400');
    expect((await put('/snapkeep/a', 'two', { Overwrite: true })).Version).toBe(2);
    expect((await get('/snapkeep/a')).Parameter).toMatchObject({
      Value: 'two',
      Version: 2,
      ARN: `arn:aws:ssm:eu-west-1:${place.account}:parameter/snapkeep/a`,
    });
    const many = await client.send(new GetParametersCommand({ Names: ['/snapkeep/a', '/none'] }));
    expect([many.Parameters?.length, many.InvalidParameters]).toEqual([1, ['/none']]);
    await client.send(new DeleteParameterCommand({ Name: '/snapkeep/a' }));
    expect((await refusalOf(get('/snapkeep/a'))).name).toBe('ParameterNotFound');
  });

  test('of AWS can be seeded, not written', async () => {
    const name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    expect(await codeOf(put(name, 'ami-1'))).toBe('ValidationException 400');
    ssm.seedParameter(place, name, 'ami-0123456789abcdef0');
    expect((await get(name)).Parameter?.Value).toBe('ami-0123456789abcdef0');
  });
});
