import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliResult, cli } from './cli.ts';
import { bucket, type Cloud, region, startCloud } from './cloud.ts';

/** The command line against a sandbox, in a directory of its own, with one plan named `fleet`. */
export class CliBench {
  readonly cloud: Cloud;
  readonly #directory: string;

  private constructor(cloud: Cloud) {
    this.cloud = cloud;
    this.#directory = mkdtempSync(join(tmpdir(), 'snapkeep-cli-'));
  }

  static async start(): Promise<CliBench> {
    return new CliBench(await startCloud());
  }

  async close(): Promise<void> {
    await this.cloud.close();
    rmSync(this.#directory, { recursive: true });
  }

  snapkeep = (argv: readonly string[], configuration: string): Promise<CliResult> => {
    const file = join(this.#directory, 'snapkeep.yaml');
    writeFileSync(file, configuration);
    return cli(['-c', file, ...argv], { env: this.cloud.sandbox.environment, clock: this.cloud.clock });
  };

  addInstance = () => this.cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });

  images = (): string[] => [...this.cloud.sandbox.ec2.region(region).images.keys()];
  snapshots = (): string[] => [...this.cloud.sandbox.ec2.region(region).snapshots.keys()];
  keys = (): readonly string[] => this.cloud.sandbox.s3.keys(bucket);

  /** One backup a day, on so many days; their IDs. A minute later they are history. */
  async backUp(days: number, configuration: string): Promise<string[]> {
    const ids: string[] = [];
    for (let day = 0; day < days; day += 1) {
      if (day > 0) this.cloud.clock.advance(86_400_000);
      const { stdout } = await this.snapkeep(['backup', 'fleet', '--json'], configuration);
      ids.push(JSON.parse(stdout).backup_id);
    }
    this.cloud.clock.advance(60_000);
    return ids;
  }
}

/** A configuration with one plan that backs up once a day whatever has the tag. */
export const fleetConfig = (retention: string, plan = 'fleet'): string => `
version: 1
deployment: prod-eu
region: ${region}
vault: { bucket: ${bucket} }
plans:
  ${plan}:
    schedule: { expression: rate(1 day) }
    sources: [{ ec2: { tags: { Backup: "yes" } } }]
    retention: ${retention}
`;
