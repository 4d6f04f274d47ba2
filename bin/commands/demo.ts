import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { loadProfile } from '../../functions/applications/load-profile.ts';
import { type RestoreReport, restoreReportSchema } from '../../functions/catalog/restore-documents.ts';
import type { Plan } from '../../functions/plan/config.ts';
import { loadConfig } from '../../functions/plan/load.ts';
import type { Clock } from '../../functions/shared/clock.ts';
import { exitCodes, failedError, usageError } from '../../functions/shared/errors.ts';
import type { RunningSandbox } from '../../sandbox/start.ts';
import { fastClock } from '../cli/fast-clock.ts';
import type { Host, Invocation } from '../cli/host.ts';
import type { Io } from '../cli/io.ts';
import { collectEarly } from '../cli/memory.ts';
import { lines, plural } from '../cli/text.ts';
import { trustedDocuments } from '../cli/trusted-documents.ts';

interface DemoOptions {
  readonly application?: string;
}

const vaultBucket = 'acme-snapkeep-vault';

const exampleFile = (name: string): string =>
  fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url));

/** The demo's time runs this much faster than ours: minutes of waiting for services become seconds. */
const speed = 10;
/** Seconds of that time that a snapshot takes. */
const snapshotSeconds = 30;

export function register(program: Command, host: Host): void {
  program
    .command('demo')
    .description('back up a small example estate in an embedded cloud, lose a machine and restore it')
    .option('--application <name>', 'only the plan of this application')
    .action(host.run(runDemo));
}

async function runDemo(invocation: Invocation, options: DemoOptions): Promise<number> {
  const plans = await plansOf(options.application);
  collectEarly();
  // Loaded here, so that other verbs do not wait for a cloud that they do not use.
  const { startSandbox } = await import('../../sandbox/start.ts');
  const clock = fastClock(speed);
  const sandbox = await startSandbox({
    estate: exampleFile('estate.yaml'),
    snapshotSeconds,
    clock,
    trustedDocuments: trustedDocuments(),
  });
  try {
    const stage = new Stage(invocation, sandbox, clock);
    stage.say(introduction(sandbox));
    const manifests: unknown[] = [];
    for (const { name } of plans) manifests.push(await stage.run(['backup', name]));
    const list = await stage.run(['list']);
    // The first plan whose application this version can bring back.
    const lost = plans.find(({ application }) => application !== undefined && loadProfile(application));
    const restored = lost === undefined ? undefined : await loseAndRestore(stage, sandbox, lost);
    stage.say(closing(sandbox));
    if (invocation.options.json) {
      const { report = null, files = [] } = restored ?? {};
      const json = { backups: manifests, list, restore: report, files, requests: sandbox.requests.counts() };
      invocation.print({ json, text: '' });
    }
    return exitCodes.done;
  } finally {
    await sandbox.close();
  }
}

async function plansOf(application: string | undefined): Promise<Plan[]> {
  const { regions } = await loadConfig(exampleFile('snapkeep.yaml'));
  const plans = regions.flatMap((config) => Object.values(config.plans));
  const chosen = plans.filter((plan) => application === undefined || plan.application === application);
  if (chosen.length > 0) return chosen;
  const known = plans.flatMap((plan) => plan.application ?? []).join(', ');
  throw usageError(
    `the example estate has no application ${JSON.stringify(application)}`,
    `it has: ${known}`,
  );
}

/** The machine of the plan is terminated; what a restore makes of it is shown down to the lines of its files. */
async function loseAndRestore(stage: Stage, sandbox: RunningSandbox, plan: Plan) {
  const { ec2, url, region, identity } = sandbox;
  const cloud = { url, region, identity, rootOf: (id: string) => ec2.machine(id).root() };
  const id = 'demo';
  const machine = [...ec2.region(region).instances.values()].find(({ tags }) =>
    plan.sources.some(
      ({ kind, select }) =>
        kind === 'ec2' &&
        'tags' in select &&
        Object.entries(select.tags).every(([key, value]) => tags.get(key) === value),
    ),
  );
  if (!machine) throw failedError(`plan ${plan.name} has no machine that the demo could lose`);
  stage.say(`Now the machine of ${plan.application} is lost:\n`);
  stage.say(`$ aws ec2 terminate-instances --instance-ids ${machine.id}\n\n`);
  const { describeFiles, destroyMachine, rewrittenFiles } = await import('../cli/demo-disaster.ts');
  await destroyMachine(cloud, machine.id);
  await stage.run(['restore', 'latest', '--plan', plan.name, '--id', id]);
  const stored = sandbox.s3.text(vaultBucket, `ledger/${plan.name}/restores/${id}/report-1.json`);
  const report = restoreReportSchema.parse(JSON.parse(stored ?? 'null'));
  const files = rewrittenFiles(cloud, report);
  stage.say(`What was rewritten on ${report.machines[0]?.new?.id}:\n${describeFiles(files)}\n`);
  stage.say(healthOf(report));
  return { report, files };
}

function healthOf({ checks, machines, recovery_seconds }: RestoreReport): string {
  const [machine] = machines;
  return lines([
    ...checks.map(
      ({ name, result }) => `${name} ${result} on ${machine?.new?.id} (${machine?.new?.private_ip})`,
    ),
    `The application works again ${recovery_seconds} s after the restore was asked for.`,
    '',
  ]);
}

/** Shows commands as a person would type them, and runs them in this process against the sandbox. */
class Stage {
  readonly #invocation: Invocation;
  readonly #sandbox: RunningSandbox;
  readonly #clock: Clock;

  constructor(invocation: Invocation, sandbox: RunningSandbox, clock: Clock) {
    this.#invocation = invocation;
    this.#sandbox = sandbox;
    this.#clock = clock;
  }

  /** Prints to stdout; nothing under `--json`, whose stdout is one document. */
  say(text: string): void {
    if (!this.#invocation.options.json) this.#invocation.io.stdout.write(text);
  }

  /** Answers what the verb prints under `--json`. Every verb of the demo is expected to succeed. */
  async run(argv: readonly string[]): Promise<unknown> {
    const { json } = this.#invocation.options;
    this.say(`$ snapkeep ${argv.join(' ')}\n`);
    const captured: string[] = [];
    const io: Io = {
      ...this.#invocation.io,
      env: { ...this.#sandbox.environment },
      clock: this.#clock,
      stdout: json ? { write: (text) => captured.push(text) } : this.#invocation.io.stdout,
    };
    const global = ['--config', exampleFile('snapkeep.yaml'), ...(json ? ['--json'] : [])];
    const exitCode = await this.#invocation.runVerb([...global, ...argv], io);
    this.say('\n');
    if (exitCode !== exitCodes.done) {
      throw failedError(`the demo stopped: \`snapkeep ${argv.join(' ')}\` ended with exit code ${exitCode}`);
    }
    return json ? JSON.parse(captured.join('')) : undefined;
  }
}

function introduction({ ec2, rds, identity, region, url }: RunningSandbox): string {
  const databases = rds.inspect(identity.account, region);
  const machines = [...ec2.region(region).instances.values()].map(
    ({ id, tags }) => `  ec2/${id}  ${tags.get('Name') ?? ''}`,
  );
  return lines([
    `An embedded cloud answers at ${url}: the AWS API on loopback, no account, nothing leaves this machine.`,
    `Its time runs ${speed} times as fast as ours.`,
    `Region ${region}, account ${identity.account}, with`,
    ...machines,
    ...[...databases.instances.values()].filter(({ clusterId }) => !clusterId).map(({ id }) => `  rds/${id}`),
    ...[...databases.clusters.values()].map(({ id }) => `  aurora/${id}`),
    '',
  ]);
}

function closing({ requests, s3 }: RunningSandbox): string {
  const total = Object.values(requests.counts())
    .flatMap((actions) => Object.values(actions))
    .reduce((sum, { count }) => sum + count, 0);
  return lines([
    'What lies in the vault now:',
    ...s3.keys(vaultBucket, 'ledger/').map((key) => `  s3://${vaultBucket}/${key}`),
    '',
    `All of it took ${plural(total, 'signed API request')}. Where to look next:`,
    '  docs/examples/snapkeep.yaml   the configuration that was used',
    '  npm run sandbox               the same cloud for your own commands, and for the AWS CLI',
    '  npm run snapkeep -- init      a configuration for your own account',
  ]);
}
