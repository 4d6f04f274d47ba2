/** What the sandbox makes of a cloud assembly, and of folders that are none. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../bin/cli/run.ts';
import { AssemblyError } from '../../sandbox/deploy/assembly.ts';
import { metricsIn } from '../../sandbox/deploy/embedded-metrics.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';
import { cli, cliIo } from '../support/cli.ts';

let folder: string;
let open: RunningSandbox[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapkeep-assembly-'));
  open = [];
});
afterEach(async () => {
  for (const each of open) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, content: unknown): void =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

const trust = (Service: string, Condition = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service }, Condition }],
});
const role = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: trust('lambda.amazonaws.com'),
    Policies: [
      {
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '*' }],
        },
      },
    ],
  },
};
const aFunction = {
  Type: 'AWS::Lambda::Function',
  Properties: {
    ...{ FunctionName: 'echo', Handler: 'index.handler', Runtime: 'nodejs24.x', Timeout: 10 },
    Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
    Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
    Environment: { Variables: { TOPIC: { Ref: 'Topic' } } },
  },
};

function assemble(resources: Readonly<Record<string, object>>): void {
  mkdirSync(join(folder, 'code'));
  writeFileSync(join(folder, 'code', 'index.mjs'), 'export const handler = () => process.env.TOPIC;');
  write('manifest.json', {
    artifacts: {
      assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
      app: {
        type: 'aws:cloudformation:stack',
        environment: 'aws://unknown-account/eu-west-1',
        properties: { templateFile: 'template.json' },
      },
    },
  });
  write('assets.json', {
    files: {
      code: { source: { path: 'code', packaging: 'zip' }, destinations: { here: { objectKey: 'code.zip' } } },
    },
  });
  write('template.json', { Resources: resources, Outputs: { Topic: { Value: { Ref: 'Topic' } } } });
}

async function begin(): Promise<RunningSandbox> {
  const sandbox = await startSandbox({ assembly: folder });
  open.push(sandbox);
  return sandbox;
}

const topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } };

describe('a cloud assembly', () => {
  it('becomes functions, topics, outputs and a stack, and what there is nothing for is named', async () => {
    assemble({
      ...{ Role: role, Echo: aFunction, Topic: topic },
      Alarm: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          ...{ AlarmName: 'errors', Namespace: 'AWS/Lambda', MetricName: 'Errors', Statistic: 'Sum' },
          ...{ Period: 60, EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' },
        },
      },
      Table: { Type: 'AWS::DynamoDB::Table', Properties: {} },
    });
    const sandbox = await begin();
    const arn = 'arn:aws:sns:eu-west-1:123456789012:news';
    expect(sandbox.serverless.deployment?.stacks).toEqual([
      expect.objectContaining({
        ...{ name: 'app', region: 'eu-west-1', outputs: { Topic: arn } },
        notSimulated: { 'AWS::DynamoDB::Table': 1 },
      }),
    ]);
    const [record] = sandbox.lambda.functions();
    expect(record?.configuration).toMatchObject({ Timeout: 10, Environment: { Variables: { TOPIC: arn } } });
    const client = new CloudWatchClient({
      endpoint: sandbox.url,
      region: sandbox.region,
      credentials: sandbox.identity,
    });
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({}));
    expect(MetricAlarms.map(({ AlarmName }) => AlarmName)).toEqual(['errors']);
    client.destroy();
  });

  it.each([
    [
      'a function without a role of the template',
      { Echo: aFunction, Topic: topic },
      'Role is not in the template',
    ],
    [
      'a function for another runtime',
      {
        ...{ Role: role, Topic: topic },
        Echo: { ...aFunction, Properties: { ...aFunction.Properties, Runtime: 'python3.14' } },
      },
      'The function echo is for python3.14.',
    ],
    [
      'code that is not among the assets',
      {
        ...{ Role: role, Topic: topic },
        Echo: { ...aFunction, Properties: { ...aFunction.Properties, Code: { S3Key: 'other.zip' } } },
      },
      'The code of Echo is not among the assets',
    ],
    [
      'a role with managed policies',
      { Topic: topic, Role: { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: ['arn:x'] } } },
      'Role has managed policies',
    ],
  ])('is refused for %s', async (_case, resources, sentence) => {
    assemble(resources);
    await expect(begin()).rejects.toThrow(sentence);
    await expect(begin()).rejects.toBeInstanceOf(AssemblyError);
  });

  const scheduled = (expression: string, AssumeRolePolicyDocument: object) => ({
    ...{ Role: role, Echo: aFunction, Topic: topic },
    Caller: { ...role, Properties: { ...role.Properties, AssumeRolePolicyDocument } },
    Schedule: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ...{ Name: 'odd', GroupName: 'ours', ScheduleExpression: expression },
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: { Ref: 'Echo' }, RoleArn: { 'Fn::GetAtt': ['Caller', 'Arn'] }, Input: '{}' },
      },
    },
  });
  const ofGroup = (group: string) =>
    trust('scheduler.amazonaws.com', {
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
      ArnEquals: { 'aws:SourceArn': `arn:aws:scheduler:eu-west-1:123456789012:schedule-group/${group}` },
    });

  it('is refused for a schedule that the service would not take', async () => {
    assemble(scheduled('cron(0 3 * * * *)', ofGroup('ours')));
    await expect(begin()).rejects.toThrow('The schedule odd cannot be made. Invalid Schedule Expression');
  });

  it('is refused for roles that trust somebody else', async () => {
    assemble(scheduled('rate(1 day)', ofGroup('theirs')));
    await expect(begin()).rejects.toThrow(
      'The schedule odd cannot be made: its role Caller cannot be assumed by scheduler.amazonaws.com.',
    );
    rmSync(join(folder, 'code'), { recursive: true });
    assemble(scheduled('rate(1 day)', ofGroup('ours')));
    expect((await begin()).serverless.scheduler.schedules()).toHaveLength(1);
    rmSync(join(folder, 'code'), { recursive: true });
    const wrong = { ...role, Properties: { ...role.Properties, AssumeRolePolicyDocument: ofGroup('ours') } };
    assemble({ Role: wrong, Echo: aFunction, Topic: topic });
    await expect(begin()).rejects.toThrow('cannot be assumed by lambda.amazonaws.com');
  });
});

describe('snapkeep sandbox --assembly', () => {
  const sandbox = () => cli(['sandbox', '--port', '0', '--assembly', 'out'], { cwd: folder });

  it('says what is wrong with a folder, and what to do, and ends with 2', async () => {
    const missing = await sandbox();
    expect([missing.exitCode, missing.stdout]).toEqual([2, '']);
    expect(missing.stderr).toMatch(/There is no folder .*\/out\.\n {2}Synthesize it: npx cdk synth/);
    mkdirSync(join(folder, 'out'));
    const empty = await sandbox();
    expect(empty.exitCode).toBe(2);
    expect(empty.stderr).toContain('out is not a cloud assembly: it has no manifest.json.');
    mkdirSync(join(folder, 'out', 'fleet'));
    write('out/fleet/manifest.json', '{}');
    expect((await sandbox()).stderr).toContain('Take one of those in it: fleet');
    write('out/manifest.json', '{"artifacts":');
    expect((await sandbox()).stderr).toContain('manifest.json cannot be read.');
    write('out/manifest.json', { artifacts: {} });
    expect((await sandbox()).stderr).toContain('out has no stack.');
  });
});

describe('snapkeep sandbox --assembly, of an assembly', () => {
  const group = { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'ours' } };
  const nightly = {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      ...{ Name: 'nightly', GroupName: 'ours', ScheduleExpression: 'cron(0 3 * * ? *)' },
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: { Ref: 'Echo' }, RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] }, Input: '{"n":1}' },
    },
  };
  const both = {
    ...role,
    Properties: {
      ...role.Properties,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: {
          ...{ Effect: 'Allow', Action: 'sts:AssumeRole' },
          Principal: { Service: ['lambda.amazonaws.com', 'scheduler.amazonaws.com'] },
        },
      },
    },
  };

  it('tells what was deployed and how to see it work, and serves it', async () => {
    const table = { Type: 'AWS::DynamoDB::Table', Properties: {} };
    assemble({ Role: both, Echo: aFunction, Topic: topic, Group: group, Nightly: nightly, Table: table });
    const controller = new AbortController();
    const io = cliIo({ cwd: folder, signal: controller.signal });
    const ended = runCli(['sandbox', '--port', '0', '--assembly', '.', '--logs'], io);
    const [, url] = await vi.waitFor(() => {
      const found = /curl -X POST (\S+) {4}runs a schedule now/.exec(io.output().stdout);
      if (!found) throw new Error(io.output().stderr);
      return found;
    }, 20_000);
    const shown = io.output().stdout;
    expect(shown).toContain('Deployed app from ., in eu-west-1: 1 function, each under its own role.');
    expect(shown).toMatch(/\n {2}nightly {2}\d{4}-\d\d-\d\dT03:00:00Z {2}cron\(0 3 \* \* \? \*\) UTC\n/);
    expect(shown).toContain('Not simulated: AWS::DynamoDB::Table.');
    expect((await fetch(url ?? '', { method: 'POST' })).status).toBe(202);
    await vi.waitFor(() => expect(io.output().stderr).toMatch(/echo END RequestId/), 20_000);
    const base = url?.replace(/schedules.*/, '');
    const look = async (place: string) => (await fetch(`${base}${place}`)).text();
    expect(await look('schedules')).toContain('"state": "delivered"');
    expect(await look('logs?function=echo')).toContain('START RequestId');
    expect(await look('logs?function=nobody')).toContain('There is no function nobody.');
    expect(await look('executions')).toContain('"executions": []');
    expect(await look('queues')).toContain('"queues": {}');
    expect(await look('nothing')).toContain('/_sandbox/schedules');
    const nobody = await fetch(`${base}schedules/nobody/fire`, { method: 'POST' });
    expect([nobody.status, await nobody.text()]).toEqual([404, expect.stringContaining('there are nightly')]);
    const wrong = await fetch(url ?? '', { method: 'POST', body: '{"time": "tomorrow"}' });
    expect(wrong.status).toBe(400);
    controller.abort();
    expect(await ended).toBe(0);
  });
});

describe('a line of a log', () => {
  it('has the metrics that are embedded in it', () => {
    const line = {
      _aws: {
        Timestamp: 1795181913312,
        CloudWatchMetrics: [
          {
            ...{ Namespace: 'Snapkeep', Dimensions: [['deployment', 'plan']] },
            Metrics: [{ Name: 'BackupCompleted', Unit: 'Count' }, { Name: 'Durations' }, { Name: 'Absent' }],
          },
        ],
      },
      ...{ deployment: 'prod', plan: 'ci', BackupCompleted: 1, Durations: [2, 3] },
    };
    const common = {
      namespace: 'Snapkeep',
      dimensions: { deployment: 'prod', plan: 'ci' },
      at: 1795181913312,
    };
    expect(metricsIn(JSON.stringify(line))).toEqual([
      { ...common, name: 'BackupCompleted', unit: 'Count', values: [1] },
      { ...common, name: 'Durations', unit: undefined, values: [2, 3] },
    ]);
    for (const other of ['', 'text with "_aws"', '{"_aws":', '{"_aws":{}}'])
      expect(metricsIn(other)).toEqual([]);
  });
});
