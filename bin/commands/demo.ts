import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { loadConfig } from '../../functions/plan/load.ts';
import { exitCodes, failedError, usageError } from '../../functions/shared/errors.ts';
import type { RunningSandbox } from '../../sandbox/start.ts';
import type { Host, Invocation } from '../cli/host.ts';
import type { Io } from '../cli/io.ts';
import { collectEarly } from '../cli/memory.ts';
import { lines, plural } from '../cli/text.ts';

interface DemoOptions {
  readonly application?: string;
}

const exampleFile = (name: string): string =>
  fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url));

/** Seconds that a snapshot takes in the demo: long enough to be seen, short enough to be watched. */
const snapshotSeconds = 4;

export function register(program: Command, host: Host): void {
  program
    .command('demo')
    .description('back up a small example estate in an embedded cloud, without an account')
    .option('--application <name>', 'only the plan of this application')
    .action(host.run(runDemo));
}

async function runDemo(invocation: Invocation, options: DemoOptions): Promise<number> {
  const plans = await plansOf(options.application);
  collectEarly();
  // Loaded here, so that other verbs do not wait for a cloud that they do not use.
  const { startSandbox } = await import('../../sandbox/start.ts');
  const sandbox = await startSandbox({ estate: exampleFile('estate.yaml'), snapshotSeconds });
  try {
    const stage = new Stage(invocation, sandbox);
    stage.say(introduction(sandbox));
    const manifests: unknown[] = [];
    for (const plan of plans) manifests.push(await stage.run(['backup', plan]));
    const list = await stage.run(['list']);
    stage.say(closing(sandbox));
    if (invocation.options.json) {
      invocation.print({ json: { backups: manifests, list, requests: sandbox.requests.counts() }, text: '' });
    }
    return exitCodes.done;
  } finally {
    await sandbox.close();
  }
}

async function plansOf(application: string | undefined): Promise<string[]> {
  const { config } = await loadConfig(exampleFile('snapkeep.yaml'));
  const plans = Object.values(config.plans);
  const chosen = plans.filter((plan) => application === undefined || plan.application === application);
  if (chosen.length > 0) return chosen.map(({ name }) => name);
  const known = plans.flatMap((plan) => plan.application ?? []).join(', ');
  throw usageError(
    `the example estate has no application ${JSON.stringify(application)}`,
    `it has: ${known}`,
  );
}

/** Shows commands as a person would type them, and runs them in this process against the sandbox. */
class Stage {
  readonly #invocation: Invocation;
  readonly #sandbox: RunningSandbox;

  constructor(invocation: Invocation, sandbox: RunningSandbox) {
    this.#invocation = invocation;
    this.#sandbox = sandbox;
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
    ...s3.keys('acme-snapkeep-vault', 'ledger/').map((key) => `  s3://acme-snapkeep-vault/${key}`),
    '',
    `All of it took ${plural(total, 'signed API request')}. Where to look next:`,
    '  docs/examples/snapkeep.yaml   the configuration that was used',
    '  npm run sandbox               the same cloud for your own commands, and for the AWS CLI',
    '  npm run snapkeep -- init      a configuration for your own account',
  ]);
}
