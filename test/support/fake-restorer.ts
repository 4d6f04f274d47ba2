import type {
  AgentReadiness,
  CommandDocument,
  CommandOrder,
  CommandPort,
  CommandStanding,
  SentCommand,
} from '../../functions/applications/command-port.ts';
import type { Dns, DnsRecord } from '../../functions/applications/dns-port.ts';
import type {
  DatabaseOrder,
  DatabaseRestorer,
  DatabaseStanding,
  DatabaseStart,
  MachineLaunch,
  MachineOrder,
  MachineRestorer,
  MachineStanding,
  OldMachine,
} from '../../functions/drivers/restorer.ts';
import type { Clock } from '../../functions/shared/clock.ts';
import type { PlannedCall } from '../../functions/shared/planned-call.ts';
import { type SourceKind, sourceKey } from '../../functions/shared/source.ts';

interface FakeMachine {
  readonly id: string;
  readonly order: MachineOrder;
  readonly launchedAt: number;
  readonly privateIp: string;
  groups: readonly string[];
  publicIp: string | undefined;
}

export interface FakeMachineOptions {
  readonly clock: Clock;
  /** What became of the old machine; gone unless told. */
  readonly old?: Partial<OldMachine>;
  readonly problems?: readonly string[];
  /** The old private address is free in the subnet. */
  readonly addressFree?: boolean;
  /** Answers instead of launching; called on every try. */
  readonly refuse?: (order: MachineOrder, tries: number) => MachineLaunch | undefined;
  /** Status checks never get beyond this. */
  readonly stuckChecks?: 'initializing' | 'failed';
  /** The machine ends by itself with this reason. */
  readonly dies?: string;
  readonly publicIp?: string | undefined;
}

/** Machines in a map, idempotent by restore and source like the real ones; every call is noted in order. */
export class FakeMachines implements MachineRestorer {
  readonly role = 'machine';
  readonly kind = 'ec2';
  readonly machines = new Map<string, FakeMachine>();
  readonly log: string[] = [];
  readonly options: FakeMachineOptions;
  #tries = 0;

  constructor(options: FakeMachineOptions) {
    this.options = options;
  }

  async check(): Promise<readonly string[]> {
    return this.options.problems ?? [];
  }

  describe(order: MachineOrder): readonly PlannedCall[] {
    const parameters = { ImageId: order.point.id, Groups: [...order.launchGroups] };
    return [{ service: 'ec2', action: 'RunInstances', parameters }];
  }

  omissions(): readonly string[] {
    return [];
  }

  async isAddressFree(): Promise<boolean> {
    return this.options.addressFree ?? false;
  }

  async oldMachine({ source }: MachineOrder['point']): Promise<OldMachine> {
    return { id: source.id, state: 'gone', ...this.options.old };
  }

  async readUserData(): Promise<string | undefined> {
    return '#!/bin/sh\necho old user data\n';
  }

  async launch(order: MachineOrder): Promise<MachineLaunch> {
    this.#tries += 1;
    const refusal = this.options.refuse?.(order, this.#tries);
    if (refusal) return refusal;
    const key = `${order.identity.restoreId} ${sourceKey(order.point.source)}`;
    const existing = this.machines.get(key);
    if (existing) return { state: 'launched', id: existing.id };
    const id = `i-new${this.machines.size + 1}`;
    const privateIp = order.privateIp ?? `10.0.9.${14 + this.machines.size}`;
    const { publicIp } = this.options;
    const launchedAt = this.options.clock.now();
    this.machines.set(key, { id, order, launchedAt, privateIp, groups: order.launchGroups, publicIp });
    this.log.push(`launch ${id} in ${order.launchGroups.join(',')}`);
    return { state: 'launched', id };
  }

  async poll({ id }: { readonly id: string }): Promise<MachineStanding> {
    const machine = this.#find(id);
    const age = (this.options.clock.now() - machine.launchedAt) / 1000;
    if (age < 10) return { state: 'pending', detail: 'pending' };
    if (this.options.dies !== undefined) return { state: 'failed', reason: this.options.dies };
    const statusChecks = this.options.stuckChecks ?? (age < 60 ? 'initializing' : 'passed');
    return {
      state: 'running',
      statusChecks,
      facts: {
        id,
        private_ip: machine.privateIp,
        ipv6: [],
        ...(machine.publicIp === undefined ? {} : { public_ip: machine.publicIp }),
        private_dns: `ip-${machine.privateIp.replaceAll('.', '-')}.eu-west-1.compute.internal`,
        hostname: `ip-${machine.privateIp.replaceAll('.', '-')}`,
        subnet: 'subnet-0aaa',
        availability_zone: 'eu-west-1a',
        instance_type: 'm7i.large',
        security_groups: machine.groups,
      },
    };
  }

  async release({ id, securityGroups }: { id: string; securityGroups: readonly string[] }): Promise<void> {
    this.#find(id).groups = securityGroups;
    this.log.push(`release ${id} into ${securityGroups.join(',')}`);
  }

  async moveElasticIp({ point, id }: { point: MachineOrder['point']; id: string }): Promise<void> {
    this.#find(id).publicIp = String(point.relaunch.public_ip);
    this.log.push(`move ${point.relaunch.public_ip} to ${id}`);
  }

  #find(id: string): FakeMachine {
    const machine = [...this.machines.values()].find((each) => each.id === id);
    if (!machine) throw new Error(`no machine ${id}`);
    return machine;
  }
}

export class FakeDatabases implements DatabaseRestorer {
  readonly role = 'database';
  readonly kind: SourceKind;
  readonly made = new Map<string, number>();
  readonly #clock: Clock;
  /** Answers instead of starting. */
  refuse: DatabaseStart | undefined;
  breaks: string | undefined;

  constructor(kind: SourceKind, clock: Clock) {
    this.kind = kind;
    this.#clock = clock;
  }

  targetId({ point, identity }: DatabaseOrder): string {
    return `${point.source.id}-r-${identity.restoreId}`;
  }

  async check(): Promise<readonly string[]> {
    return [];
  }

  describe(order: DatabaseOrder): readonly PlannedCall[] {
    const parameters = { DBInstanceIdentifier: this.targetId(order) };
    return [{ service: 'rds', action: 'RestoreDBInstanceFromDBSnapshot', parameters }];
  }

  async start(order: DatabaseOrder): Promise<DatabaseStart> {
    if (this.refuse) return this.refuse;
    const id = this.targetId(order);
    if (!this.made.has(id)) this.made.set(id, this.#clock.now());
    return { state: 'started', id };
  }

  async poll(order: DatabaseOrder): Promise<DatabaseStanding> {
    if (this.breaks !== undefined) return { state: 'failed', reason: this.breaks };
    const id = this.targetId(order);
    if (this.#clock.now() < (this.made.get(id) ?? 0) + 300_000)
      return { state: 'pending', detail: 'creating' };
    const old = `${order.point.source.id}.abc.eu-west-1.rds.amazonaws.com`;
    const endpoints = [{ what: 'endpoint', old, new: `${id}.abc.eu-west-1.rds.amazonaws.com` }];
    return { state: 'available', id, endpoints };
  }
}

export interface RanCommand {
  readonly action: string;
  readonly machine: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly token: string;
  readonly at: number;
}

const summary = `snapkeep rewrite x
files 4
changed 2
unchanged 2
warnings 0
replacements 7
changed 3 - /etc/default/replicated
changed 4 - /etc/default/replicated-operator
skipped 0 symbolic-link /etc/environment
digest sha256:${'0'.repeat(64)}
`;

/** Commands that end after ten seconds, well unless `fails` says otherwise; a token is run once. */
export class FakeCommands implements CommandPort {
  readonly ran: RanCommand[] = [];
  prepared: readonly CommandDocument[] = [];
  agent: AgentReadiness = { state: 'ready', agentVersion: '3.3.3000.0' };
  /** Answers how a command ends instead of well; undefined lets it end well. */
  fails: (command: RanCommand) => CommandStanding | undefined = () => undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async prepare(documents: readonly CommandDocument[]): Promise<readonly string[]> {
    this.prepared = documents;
    return [];
  }

  async survey() {
    return { calls: [], problems: [] };
  }

  describe(order: CommandOrder): PlannedCall {
    return { service: 'ssm', action: 'SendCommand', parameters: { DocumentName: order.document.name } };
  }

  async readiness(): Promise<AgentReadiness> {
    return this.agent;
  }

  async send(order: CommandOrder): Promise<SentCommand> {
    const known = this.ran.findIndex(({ token }) => token === order.token);
    const index = known < 0 ? this.ran.length : known;
    if (known < 0) {
      const action = order.document.name.replace('prod-eu-circleci-server-', '');
      const { machine, parameters, token } = order;
      this.ran.push({ action, machine, parameters, token, at: this.#clock.now() });
    }
    return { id: String(index), machine: order.machine };
  }

  async poll({ id }: SentCommand): Promise<CommandStanding> {
    const command = this.ran[Number(id)];
    if (!command) return { state: 'pending', detail: 'not known yet' };
    if (this.#clock.now() < command.at + 10_000) return { state: 'pending', detail: 'InProgress' };
    const stdout = command.action === 'rewrite' ? summary : `step ${command.action} done\n`;
    return this.fails(command) ?? { state: 'done', stdout, stderr: '' };
  }

  get actions(): readonly string[] {
    return this.ran.map(({ action }) => action);
  }
}

export class FakeDns implements Dns {
  readonly records = new Map<string, DnsRecord>();
  problems: readonly string[] = [];

  async check(): Promise<readonly string[]> {
    return this.problems;
  }

  describe(record: DnsRecord): PlannedCall {
    return { service: 'route53', action: 'ChangeResourceRecordSets', parameters: { Name: record.name } };
  }

  async read({ name }: Pick<DnsRecord, 'name'>) {
    const record = this.records.get(name);
    return record && { values: [record.address], ttlSeconds: record.ttlSeconds };
  }

  async upsert(record: DnsRecord) {
    this.records.set(record.name, record);
    return { changeId: 'C1' };
  }

  async isInSync(): Promise<boolean> {
    return true;
  }
}
