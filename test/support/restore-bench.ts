import { createFindApplication } from '../../functions/applications/restorable.ts';
import type { FindApplication } from '../../functions/applications/restore-port.ts';
import type { AvailablePoint, Manifest } from '../../functions/catalog/documents.ts';
import { Ledger } from '../../functions/catalog/ledger.ts';
import type { RestoreReport } from '../../functions/catalog/restore-documents.ts';
import { RestoreLedger } from '../../functions/catalog/restores.ts';
import { createEngine, type EngineOptions } from '../../functions/engine/engine.ts';
import type { Plan } from '../../functions/plan/config.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import {
  type RestoreDependencies,
  type RestoreInput,
  type RestoreResult,
  silentReporter,
} from '../../functions/workflows/restore/ports.ts';
import { restoreWorkflow } from '../../functions/workflows/restore/restore.ts';
import {
  FakeCommands,
  FakeDatabases,
  FakeDns,
  type FakeMachineOptions,
  FakeMachines,
} from './fake-restorer.ts';
import { aManifest, anAvailablePoint } from './manifests.ts';
import { MemoryVault } from './memory-vault.ts';
import { aPlan, ec2ByTags, rdsByIds } from './plans.ts';

/** Read once: every bench of a file has the same profiles. */
const profiles = createFindApplication('prod-eu');

export const machineSource = 'ec2/i-0aaa1111bbb22222c';
export const databaseSource = 'rds/circle-db';

export const aMachinePoint = (
  relaunch: Record<string, string | boolean | readonly string[] | object> = {},
): AvailablePoint =>
  anAvailablePoint({
    source: { kind: 'ec2', id: 'i-0aaa1111bbb22222c', region: 'eu-west-1' },
    relaunch: {
      instance_type: 'm7i.large',
      subnet: 'subnet-0aaa',
      security_groups: ['sg-old'],
      instance_profile: 'arn:aws:iam::123456789012:instance-profile/circleci-services',
      private_ip: '10.0.1.67',
      public_ip: '203.0.113.20',
      private_dns: 'ip-10-0-1-67.eu-west-1.compute.internal',
      hostname: 'ip-10-0-1-67',
      service_name: 'ci.old.example.com',
      user_data: true,
      tags: { Role: 'circleci-services' },
      ...relaunch,
    },
  });

export const aDatabasePoint = (address = 'circle-db.abc.eu-west-1.rds.amazonaws.com'): AvailablePoint =>
  anAvailablePoint({
    source: { kind: 'rds', id: 'circle-db', region: 'eu-west-1' },
    id: 'snapkeep-prod-eu-db',
    snapshots: [],
    relaunch: { instance_class: 'db.t3.medium', endpoint: { address, port: 5432 } },
  });

export const ciManifest = (overrides: Partial<Manifest> = {}): Manifest =>
  aManifest({
    application: { profile: 'circleci-server', version: null },
    recovery_points: [aMachinePoint(), aDatabasePoint()],
    ...overrides,
  });

export const ciPlan = (overrides: Partial<Plan> = {}): Plan =>
  aPlan({
    name: 'ci',
    application: 'circleci-server',
    sources: [ec2ByTags({ Role: 'circleci-services' }), rdsByIds('circle-db')],
    restore: {
      subnet: 'subnet-0aaa',
      securityGroups: ['sg-ci'],
      quarantineGroup: 'sg-quarantine',
      instanceProfile: 'snapkeep-restored',
    },
    ...overrides,
  });

export interface RestoreBenchOptions {
  readonly plan?: Plan;
  readonly manifests?: readonly Manifest[];
  readonly machines?: Omit<FakeMachineOptions, 'clock'>;
  readonly application?: FindApplication;
  readonly vault?: MemoryVault;
}

/** The restore workflow on the local engine over a cloud of maps, at 08:00 of the day of the backup. */
export class RestoreBench {
  readonly clock = new VirtualClock(Date.parse('2026-11-20T08:00:00Z'));
  readonly vault: MemoryVault;
  readonly plan: Plan;
  readonly machines: FakeMachines;
  readonly rds = new FakeDatabases('rds', this.clock);
  readonly commands = new FakeCommands(this.clock);
  readonly dns = new FakeDns();
  readonly journal: RestoreLedger;
  readonly deps: RestoreDependencies;
  readonly reports: RestoreReport[] = [];
  readonly #manifests: readonly Manifest[];

  constructor(options: RestoreBenchOptions = {}) {
    this.vault = options.vault ?? new MemoryVault();
    this.journal = new RestoreLedger(this.vault);
    this.plan = options.plan ?? ciPlan();
    this.machines = new FakeMachines({ clock: this.clock, publicIp: '198.51.100.77', ...options.machines });
    this.#manifests = options.manifests ?? [ciManifest()];
    this.deps = {
      deployment: 'prod-eu',
      plans: { [this.plan.name]: this.plan },
      restorers: { ec2: this.machines, rds: this.rds, aurora: new FakeDatabases('aurora', this.clock) },
      backups: new Ledger(this.vault),
      journal: this.journal,
      application: options.application ?? profiles,
      commands: this.commands,
      dns: this.dns,
      clock: this.clock,
      logger: silentLogger,
      reporter: {
        ...silentReporter,
        finished: async (report) => {
          this.reports.push(report);
        },
      },
      snapkeepVersion: '0.0.0-test',
    };
  }

  async seal(): Promise<void> {
    const ledger = new Ledger(this.vault);
    for (const manifest of this.#manifests) await ledger.seal(manifest);
  }

  /** One run in a process of its own. `request` is what a person sends; without it the recorded one goes on. */
  async run(
    request: Record<string, unknown> | undefined = {},
    options: { readonly id?: string; readonly engine?: Partial<EngineOptions>; readonly resume?: true } = {},
  ): Promise<RestoreResult> {
    await this.seal();
    const input: RestoreInput = {
      plan: this.plan.name,
      requestId: options.id ?? 'one',
      // Sound: what a person sends is JSON.
      ...(options.resume
        ? {}
        : { request: { plan: this.plan.name, ...request } as RestoreInput['request'] & object }),
    };
    const engine = createEngine({ clock: this.clock, ...options.engine });
    return engine.run(restoreWorkflow(this.deps), input);
  }

  /** As `run`, and the report that it wrote. */
  async report(
    request: Record<string, unknown> = {},
    options: { readonly id?: string; readonly resume?: true } = {},
  ): Promise<RestoreReport> {
    await this.run(request, options);
    const report = this.reports.at(-1);
    if (!report) throw new Error('no report was written');
    return report;
  }
}
