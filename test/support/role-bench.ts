/**
 * A sandbox that enforces the permissions of a synthesized template: what runs in it runs as the function that it is
 * deployed as, under that function's own role.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DurableExecutionClient, DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import type { Config } from '../../functions/plan/config.ts';
import type { Decision } from '../../sandbox/iam/iam.ts';
import type { Demand } from '../../sandbox/iam/requests/demand.ts';
import { readTemplate, type TemplateFunction, type TemplatePermissions } from '../../sandbox/iam/template.ts';
import type { Identity } from '../../sandbox/identities.ts';
import { account, bucket, type Cloud, region, startCloud } from './cloud.ts';
import { DurableBackend, type Ended } from './durable-backend.ts';
import { trustedScripts } from './role-restores.ts';
import { synthesize } from './synthesized.ts';

export interface RoleBench {
  readonly cloud: Cloud;
  readonly permissions: TemplatePermissions;
  /** Every judgement so far about a role's session. */
  readonly decisions: readonly Decision[];
  functionNamed(name: string): TemplateFunction;
  session(name: string): Identity;
  /** What the function finds in its environment, the SDK's variables included. */
  environmentOf(name: string): Readonly<Record<string, string>>;
  clientsOf(name: string): AwsClients;
  /** Deploys a durable worker behind the sandbox's Lambda; its checkpoints and chained invokes are judged, too. */
  addWorker(name: string, make: (client: DurableExecutionClient) => DurableLambdaHandler): void;
  /** Runs a worker from here. `checkpoints`: so many are kept, then it is gone for good. */
  run(name: string, event: object, checkpoints?: number): Promise<Ended>;
  /** Imports a handler's file as the function and calls it. */
  call(name: string, file: string, event: object): Promise<unknown>;
  /** Judges a call that a service makes as the function. */
  require(name: string, ...demands: readonly Demand[]): void;
  /** Delivers what a schedule sends at a time, under the role of the schedules. */
  deliver(schedule: string, scheduledTime: string, file: string): Promise<unknown>;
  /** What a schedule does when a delivery has failed for good. */
  giveUp(schedule: string): void;
  close(): Promise<void>;
}

export async function startRoleBench(config: Config): Promise<RoleBench> {
  const place = { account, region, stackName: `snapkeep-${config.deployment}` };
  const permissions = readTemplate(synthesize(config).toJSON(), place);
  const policies = Object.fromEntries(permissions.roles.map(({ arn, documents }) => [arn, documents]));
  const cloud = await startCloud({ policies, trustedDocuments: trustedScripts() });
  const { sandbox, clock } = cloud;
  const folder = mkdtempSync(join(tmpdir(), 'snapkeep-function-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ snapkeepVersion: '0.0.0-test', config }));
  const open: AwsClients[] = [];
  const decisions: Decision[] = [];
  const handlers = new Map<string, DurableLambdaHandler>();
  const backends = new Map<string, DurableBackend>();
  let runs = 0;
  let left = Number.POSITIVE_INFINITY;
  sandbox.iam.onDecision((decision) => {
    if (decision.request.caller.arn.includes(':assumed-role/')) decisions.push(decision);
  });

  const requireAs = (roleArn: string, session: string, demands: readonly Demand[]): void => {
    const { account: owner, arn, userId, accessKeyId } = sandbox.iam.session(roleArn, session);
    sandbox.iam.require(demands, {
      service: 'lambda',
      action: 'runtime',
      region,
      caller: { account: owner, arn, userId, accessKeyId },
      requestId: session,
      now: clock.now(),
      headers: {},
    });
  };
  const scheduleNamed = (name: string) => {
    const found = permissions.schedules.find((each) => each.name === name);
    if (found) return found;
    throw new Error(`no schedule ${name} among ${permissions.schedules.map((each) => each.name).join(', ')}`);
  };
  /** The runtime writes the log of every invocation. */
  const writeLog = (name: string): void => {
    const resource = `arn:aws:logs:${region}:${account}:log-group:/aws/lambda/${name}:log-stream:2026`;
    bench.require(
      name,
      { action: 'logs:CreateLogStream', resource },
      { action: 'logs:PutLogEvents', resource },
    );
  };

  const bench: RoleBench = {
    cloud,
    permissions,
    decisions,
    functionNamed(name) {
      const found = permissions.functions.get(name);
      if (found) return found;
      throw new Error(`no function ${name} among ${[...permissions.functions.keys()].join(', ')}`);
    },
    session: (name) => sandbox.iam.session(bench.functionNamed(name).role.arn, name),
    environmentOf(name) {
      const { accessKeyId, secretAccessKey, sessionToken = '' } = bench.session(name);
      return {
        ...bench.functionNamed(name).environment,
        ...{ AWS_REGION: region, LAMBDA_TASK_ROOT: folder, AWS_ENDPOINT_URL: sandbox.url },
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
      };
    },
    clientsOf(name) {
      const credentials = bench.session(name);
      const clients = createAwsClients({ region, endpoint: sandbox.url, credentials, clock, rates: unpaced });
      open.push(clients);
      return clients;
    },
    addWorker(name, make) {
      const backend = new DurableBackend({ clock, functions: handlers });
      const handler = make(
        judged(bench, name, backend.client, () => {
          left -= 1;
          return left >= 0;
        }),
      );
      handlers.set(liveArn(name), handler);
      backends.set(name, backend);
      sandbox.lambda.registerFunction(
        name,
        async (event) => {
          const ended = await bench.run(name, event instanceof Object ? event : {});
          if (ended.status === 'FAILED') throw new Error(ended.error.ErrorMessage);
          return JSON.parse(ended.result);
        },
        { durable: true },
      );
    },
    async run(name, event, checkpoints = Number.POSITIVE_INFINITY) {
      const [backend, handler] = [backends.get(name), handlers.get(liveArn(name))];
      if (!backend || !handler) throw new Error(`${name} has no handler`);
      runs += 1;
      writeLog(name);
      left = checkpoints;
      try {
        return await backend.run(handler, `run-${runs}`, JSON.stringify(event));
      } finally {
        left = Number.POSITIVE_INFINITY;
      }
    },
    async call(name, file, event) {
      writeLog(name);
      for (const [variable, value] of Object.entries(bench.environmentOf(name))) vi.stubEnv(variable, value);
      // Handlers read their environment when they are loaded.
      vi.resetModules();
      try {
        const { handler } = await import(`../../functions/handlers/${file}.ts`);
        return await handler(event);
      } finally {
        vi.unstubAllEnvs();
      }
    },
    require: (name, ...demands) => requireAs(bench.functionNamed(name).role.arn, name, demands),
    async deliver(name, scheduledTime, file) {
      const { role, targetArn, input } = scheduleNamed(name);
      requireAs(role.arn, 'schedules', [{ action: 'lambda:InvokeFunction', resource: targetArn }]);
      const [, target = ''] = /:function:([^:]+)/.exec(targetArn) ?? [];
      const event: unknown = JSON.parse(input.replace('<aws.scheduler.scheduled-time>', scheduledTime));
      return bench.call(target, file, event instanceof Object ? event : {});
    },
    giveUp(name) {
      const { role, deadLettersArn: resource = '' } = scheduleNamed(name);
      requireAs(role.arn, 'schedules', [{ action: 'sqs:SendMessage', resource }]);
    },
    async close() {
      for (const clients of open) clients.destroy();
      rmSync(folder, { recursive: true });
      await cloud.close();
    },
  };

  // What the stack makes beside the functions: the policy of the vault, and the topic.
  const admin = createAwsClients({ region, endpoint: sandbox.url, credentials: sandbox.identity, clock });
  const Policy = permissions.bucketPolicies.get(bucket);
  if (Policy !== undefined) await admin.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  admin.destroy();
  for (const { environment } of permissions.functions.values()) {
    const topic = environment.SNAPKEEP_TOPIC_ARN?.split(':').at(-1);
    if (topic !== undefined) sandbox.sns.seedTopic({ account, region }, topic);
  }
  return bench;
}

/** The process ended, and nobody runs it again. */
export class Gone extends Error {}

const liveArn = (name: string): string => `arn:aws:lambda:${region}:${account}:function:${name}:live`;

/** The runtime of a durable function checkpoints under the function's role, and so does it invoke others. */
function judged(
  bench: RoleBench,
  name: string,
  client: DurableExecutionClient,
  mayGoOn: () => boolean,
): DurableExecutionClient {
  // The backend knows one function only; permissions are about the real one.
  const arnOf = (arn = ''): string => arn.replace(/:function:[^:]+:/, `:function:${name}:`);
  return {
    checkpoint(request) {
      if (!mayGoOn()) throw new Gone();
      const invoked = (request.Updates ?? []).flatMap(
        ({ ChainedInvokeOptions: to }) => to?.FunctionName ?? [],
      );
      bench.require(
        name,
        { action: 'lambda:CheckpointDurableExecution', resource: arnOf(request.DurableExecutionArn) },
        ...invoked.map((resource) => ({ action: 'lambda:InvokeFunction', resource })),
      );
      return client.checkpoint(request);
    },
    getExecutionState(request) {
      bench.require(name, {
        action: 'lambda:GetDurableExecutionState',
        resource: arnOf(request.DurableExecutionArn),
      });
      return client.getExecutionState(request);
    },
  };
}
