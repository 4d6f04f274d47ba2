import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { describeError, exitCodes, usageError } from '../../functions/shared/errors.ts';
import type { EstateError } from '../../sandbox/estate-file.ts';
import type { RunningSandbox, SandboxOptions as StartOptions } from '../../sandbox/start.ts';
import { type Host, type Invocation, pathFrom } from '../cli/host.ts';
import { collectEarly } from '../cli/memory.ts';
import { deploymentAsJson, deploymentAsText } from '../cli/sandbox-deployment.ts';
import { lines, plural } from '../cli/text.ts';
import { trustedDocuments } from '../cli/trusted-documents.ts';

interface SandboxOptions {
  readonly port: number;
  readonly estate?: string;
  readonly snapshotSeconds: number;
  readonly latencyMs: number;
  readonly throttle: boolean;
  readonly consistencySeconds: number;
  readonly seed: number;
  readonly assembly?: string;
  readonly speed: number;
  readonly logs: boolean;
}

const exampleEstate = fileURLToPath(new URL('../../docs/examples/estate.yaml', import.meta.url));

export function register(program: Command, host: Host): void {
  program
    .command('sandbox')
    .description('serve an embedded AWS on this machine until it is interrupted')
    .option('--port <n>', 'port on 127.0.0.1; 0 takes any that is free', whole(0, 65_535), 4577)
    .option('--estate <file>', 'what stands in the account; the example estate when left out')
    .option('--snapshot-seconds <n>', 'how long a snapshot takes', decimal(3600), 2)
    .option('--latency-ms <n>', 'added to every answer', whole(0, 60_000), 0)
    .option('--throttle', 'apply the documented request rates of EC2', false)
    .option('--consistency-seconds <n>', 'how long a new resource is invisible to Describe', decimal(600), 0)
    .option('--assembly <folder>', 'deploy what `cdk synth` wrote there, and run its functions and schedules')
    .option('--speed <n>', "how many times as fast the sandbox's time passes", decimal(1000, 1), 1)
    .option('--logs', 'print what the deployed functions write', false)
    .option('--seed <n>', 'the same seed and the same calls give the same world', whole(0, 2 ** 32 - 1), 1)
    .action(host.run(serve));
}

async function serve(invocation: Invocation, options: SandboxOptions): Promise<number> {
  const { io, logger } = invocation;
  const estate = options.estate === undefined ? exampleEstate : pathFrom(io.cwd, options.estate);
  const { assembly, speed } = options;
  const sandbox = await start({
    estate,
    ...(assembly === undefined ? {} : { assembly: pathFrom(io.cwd, assembly) }),
    ...(speed === 1 ? {} : { speed }),
    ...(options.logs ? { onLogLine: ({ name }, { text }) => io.stderr.write(`${name} ${text}\n`) } : {}),
    port: options.port,
    snapshotSeconds: options.snapshotSeconds,
    consistencySeconds: options.consistencySeconds,
    latencyMilliseconds: options.latencyMs,
    throttle: options.throttle,
    seed: options.seed,
    onInternalError: ({ place, error }) =>
      logger.error(`the sandbox failed in ${place}: ${describeError(error)}`),
  });
  try {
    const deployed = describeDeployment(sandbox, assembly);
    invocation.print({
      json: { ...describeAsJson(sandbox), ...deployed.json },
      text: describeAsText(sandbox, options.estate) + deployed.text,
    });
    if (!io.signal.aborted) await once(io.signal, 'abort');
    io.stderr.write(`The sandbox answered ${plural(sandbox.requests.total, 'request')} and is gone.\n`);
    return exitCodes.done;
  } finally {
    await sandbox.close();
  }
}

async function start(options: StartOptions & { readonly speed?: number }): Promise<RunningSandbox> {
  collectEarly();
  // Only this verb and the demo need the embedded cloud; the others should not wait for it to load.
  const [{ startSandbox }, { EstateError }, { AssemblyError }, { fastWallClock }] = await Promise.all([
    import('../../sandbox/start.ts'),
    import('../../sandbox/estate-file.ts'),
    import('../../sandbox/deploy/assembly.ts'),
    import('../../sandbox/clock.ts'),
  ]);
  const { speed, ...rest } = options;
  const clock = speed === undefined ? {} : { clock: fastWallClock(speed) };
  try {
    return await startSandbox({ ...rest, ...clock, trustedDocuments: trustedDocuments() });
  } catch (error) {
    if (error instanceof AssemblyError) throw usageError(error.message, error.remedy, error);
    throw toUsageError(error, options.port ?? 0, EstateError);
  }
}

function toUsageError(error: unknown, port: number, Refused: typeof EstateError): unknown {
  if (error instanceof Refused) {
    return usageError(error.message, 'An estate to compare with is docs/examples/estate.yaml.', error);
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const choose = 'Choose another port with --port, or 0 for any that is free.';
  if (code === 'EADDRINUSE') return usageError(`Port ${port} of 127.0.0.1 is in use.`, choose, error);
  if (code === 'EACCES') return usageError(`Port ${port} may not be used by this user.`, choose, error);
  return error;
}

/** Variables that would win over the sandbox's keys, or contradict them. */
const contradicting = ['AWS_PROFILE', 'AWS_SESSION_TOKEN'];

function describeAsJson({ url, region, environment, ec2, identity }: RunningSandbox) {
  const instances = ec2.region(region).instances.size;
  return { url, account: identity.account, region, instances, environment, unset: contradicting };
}

function describeAsText(sandbox: RunningSandbox, estate: string | undefined): string {
  const { url, region, identity, environment, ec2 } = sandbox;
  const { instances } = ec2.region(region);
  const where = estate === undefined ? 'the example estate' : estate;
  const first =
    estate === undefined
      ? 'npm run snapkeep -- backup ci -c docs/examples/snapkeep.yaml'
      : 'npm run snapkeep -- validate';
  return lines([
    `An embedded AWS with ${where} is listening on ${url}`,
    `(account ${identity.account}, Region ${region}, ${plural(instances.size, 'instance')}). Ctrl-C ends it.`,
    '',
    'In another terminal:',
    `  unset ${contradicting.join(' ')}`,
    ...Object.entries(environment).map(([name, value]) => `  export ${name}=${value}`),
    '',
    'Then, for example:',
    `  ${first}`,
    '  aws ec2 describe-instances',
    'An AWS CLI that does not know AWS_ENDPOINT_URL (before 2.13 or 1.29) takes it as an option:',
    `  aws --endpoint-url ${url} ec2 describe-instances`,
    '',
    'To look at it and to steer it:',
    `  curl ${url}/_sandbox/requests    what was asked, per service and action`,
    `  curl ${url}/_sandbox/clock       its time`,
    `  curl ${url}/_sandbox/faults      faults, throttling and latency; PUT changes them`,
  ]);
}

function describeDeployment({ serverless, url }: RunningSandbox, folder: string | undefined) {
  const { deployment } = serverless;
  if (deployment === undefined || folder === undefined) return { json: {}, text: '' };
  const schedules = serverless.scheduler.schedules();
  return {
    json: { stacks: deploymentAsJson(deployment, schedules) },
    text: deploymentAsText(deployment, schedules, { folder, url }),
  };
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

function decimal(most: number, least = 0): (text: string) => number {
  return (text) => {
    const value = /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}
