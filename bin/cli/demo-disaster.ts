import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { RestoreReport } from '../../functions/catalog/restore-documents.ts';
import { createAwsClients } from '../../functions/clients/aws.ts';
import { lineDiff } from './line-diff.ts';
import { lines, plain } from './text.ts';

/** What the demo needs to know of its embedded cloud. */
export interface DemoCloud {
  readonly url: string;
  readonly region: string;
  readonly identity: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where a machine's `/` lies on this computer. */
  rootOf(machine: string): string;
}

/** Terminates a machine for good, as a mistake would. */
export async function destroyMachine({ url, region, identity }: DemoCloud, machine: string): Promise<void> {
  const clients = createAwsClients({ region, endpoint: url, credentials: identity });
  try {
    await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [machine] }));
  } finally {
    clients.destroy();
  }
}

export interface RewrittenFile {
  readonly path: string;
  /** Lines with `-` and `+`. */
  readonly diff: readonly string[];
}

/** What the rewrite did to the files of a restored machine: the originals are kept beside its report. */
export function rewrittenFiles(cloud: DemoCloud, report: RestoreReport): readonly RewrittenFile[] {
  return report.machines.flatMap(({ source, new: made }) => {
    if (made === null) return [];
    const root = cloud.rootOf(made.id);
    const kept = join(root, 'var/lib/snapkeep', report.request_id, 'original');
    const files = report.files.find((each) => each.source === `${source.kind}/${source.id}`);
    return (files?.changed ?? []).map(({ path }) => ({
      path,
      diff: lineDiff(textOf(join(kept, path)), textOf(join(root, path))),
    }));
  });
}

export const describeFiles = (files: readonly RewrittenFile[]): string =>
  lines(files.flatMap(({ path, diff }) => [plain(path), ...diff.map((line) => `  ${plain(line)}`)]));

/** Empty for a file that was not there: the rewrite makes one of its own. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
