import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  CreateImageCommand,
  DescribeImagesCommand,
  EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import {
  CreateDocumentCommand,
  GetCommandInvocationCommand,
  type GetCommandInvocationResult,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { type RunningSandbox, type SandboxOptions, startSandbox } from '../../sandbox/start.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Content of a tree: text for a file, `{ link }` for a symbolic link, `null` for an empty folder. */
export type Tree = Readonly<Record<string, string | { readonly link: string } | null>>;

export function writeTree(root: string, tree: Tree): void {
  for (const [path, content] of Object.entries(tree)) {
    const full = join(root, path);
    mkdirSync(content === null ? full : dirname(full), { recursive: true });
    if (typeof content === 'string') writeFileSync(full, content);
    else if (content) symlinkSync(content.link, full);
  }
}

/** A unit that is enabled, with the link that says so. */
export const enabledUnit = (name: string, text = `[Service]\nExecStart=/opt/${name}/run\n`): Tree => ({
  [`/etc/systemd/system/${name}.service`]: `${text}\n[Install]\nWantedBy=multi-user.target\n`,
  [`/etc/systemd/system/multi-user.target.wants/${name}.service`]: {
    link: `/etc/systemd/system/${name}.service`,
  },
});

/** What each test's machines have: cloud-init, and a name. */
export const plainTree: Tree = {
  '/etc/cloud/cloud.cfg': 'preserve_hostname: false\nmanage_etc_hosts: false\n',
  '/etc/hostname': 'ip-10-0-1-67\n',
  '/etc/os-release': 'ID=ubuntu\nID_LIKE=debian\n',
  '/var/lib/cloud/data/instance-id': 'i-0aaa1111bbb22222c\n',
  '/var/lib/cloud/data/previous-hostname': 'ip-10-0-1-67\n',
};

export interface CommandOrder {
  readonly script: string;
  /** Parameters of `interpolationType: ENV_VAR`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** By default the document is vouched for. */
  readonly trusted?: boolean;
  readonly timeoutSeconds?: number;
}

/** A sandbox on a clock that the test moves, with a machine that can be imaged and relaunched. */
export class MachineBench {
  readonly sandbox: RunningSandbox;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly #template: string;
  readonly #time: { now: number };
  #documents = 0;

  constructor(sandbox: RunningSandbox, template: string, time: { now: number }) {
    const config = {
      endpoint: sandbox.url,
      region: sandbox.region,
      credentials: sandbox.identity,
      maxAttempts: 1,
    };
    this.sandbox = sandbox;
    this.ec2 = new EC2Client(config);
    this.ssm = new SSMClient(config);
    this.#template = template;
    this.#time = time;
  }

  get now(): number {
    return this.#time.now;
  }

  advance(seconds: number): void {
    this.#time.now += seconds * 1000;
    this.sandbox.world.settle();
  }

  /** A folder of this test's own, outside of every machine. */
  get outside(): string {
    return dirname(this.#template);
  }

  /** A machine that has been there for long. */
  seed(tree: Tree = {}, options: { securityGroups?: string[]; userData?: string } = {}): string {
    const folder = mkdtempSync(`${this.#template}-`);
    writeTree(folder, { ...plainTree, ...tree });
    return this.sandbox.ec2.seed(this.sandbox.region).addInstance({
      tree: folder,
      instanceProfile: 'restored',
      ...options,
    }).id;
  }

  /** Launches the image of a machine, which takes a second, and does not let it boot any further. */
  async relaunch(
    source: string,
    options: { userData?: string; more?: Partial<RunInstancesCommandInput> } = {},
  ): Promise<string> {
    const name = `image of ${source} ${this.#time.now}`;
    const { ImageId = '' } = await this.ec2.send(
      new CreateImageCommand({ InstanceId: source, Name: name, NoReboot: true }),
    );
    this.advance(60);
    await this.ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    const { Instances = [] } = await this.ec2.send(
      new RunInstancesCommand({
        ...{ ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.micro' },
        IamInstanceProfile: { Name: 'restored' },
        ...(options.userData === undefined
          ? {}
          : { UserData: Buffer.from(options.userData).toString('base64') }),
        ...options.more,
      }),
    );
    this.advance(1);
    return Instances[0]?.InstanceId ?? '';
  }

  /** Sends a script as a document of its own and waits for its end. */
  async run(instanceId: string, order: CommandOrder): Promise<GetCommandInvocationResult> {
    const id = await this.send(instanceId, order);
    for (let tries = 0; tries < 200; tries += 1) {
      this.advance(Math.min(1 + tries, 30));
      const answer = await this.ssm.send(
        new GetCommandInvocationCommand({ CommandId: id, InstanceId: instanceId }),
      );
      if (!/^(Pending|InProgress|Delayed)$/.test(answer.Status ?? '')) return answer;
    }
    throw new Error('The command does not end.');
  }

  /** What a script says on standard output; the script must succeed. */
  async say(instanceId: string, script: string): Promise<string> {
    const {
      Status,
      StandardOutputContent = '',
      StandardErrorContent = '',
    } = await this.run(instanceId, {
      script,
    });
    if (Status !== 'Success') throw new Error(`${Status}: ${StandardOutputContent}${StandardErrorContent}`);
    return StandardOutputContent;
  }

  /** Returns the command's ID. */
  async send(instanceId: string, order: CommandOrder): Promise<string> {
    this.#documents += 1;
    const Name = `test-document-${this.#documents}`;
    const Content = documentOf(order);
    if (order.trusted ?? true) this.sandbox.machines.trust(sha256(Content));
    await this.ssm.send(new CreateDocumentCommand({ Name, DocumentType: 'Command', Content }));
    const { Command } = await this.ssm.send(
      new SendCommandCommand({
        DocumentName: Name,
        InstanceIds: [instanceId],
        Parameters: Object.fromEntries(
          Object.entries(order.parameters ?? {}).map(([name, value]) => [name, [value]]),
        ),
      }),
    );
    return Command?.CommandId ?? '';
  }

  async close(): Promise<void> {
    this.ec2.destroy();
    this.ssm.destroy();
    await this.sandbox.close();
    rmSync(dirname(this.#template), { recursive: true, force: true });
    const [failure] = this.sandbox.internalErrors;
    if (failure) throw failure.error;
  }
}

/** A document with one script; a trusted one begins with the line that names the root. */
export function documentOf({
  script,
  parameters = {},
  trusted = true,
  timeoutSeconds = 900,
}: CommandOrder): string {
  return JSON.stringify({
    schemaVersion: '2.2',
    description: 'A document of a test',
    parameters: Object.fromEntries(
      Object.keys(parameters).map((name) => [name, { type: 'String', interpolationType: 'ENV_VAR' }]),
    ),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: 'run',
        inputs: {
          timeoutSeconds: String(timeoutSeconds),
          runCommand: ['#!/bin/sh', ...(trusted ? ['SNAPKEEP_ROOT=/'] : []), ...script.split('\n')],
        },
      },
    ],
  });
}

export async function startMachines(options: Omit<SandboxOptions, 'clock'> = {}): Promise<MachineBench> {
  const time = { now: Date.parse('2026-11-20T02:00:00Z') };
  const sandbox = await startSandbox({ snapshotSeconds: 10, ...options, clock: { now: () => time.now } });
  const template = join(mkdtempSync(join(tmpdir(), 'machine-bench-')), 'template');
  return new MachineBench(sandbox, template, time);
}
