import { DescribeSecurityGroupsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeDBClusterParameterGroupsCommand,
  DescribeDBParameterGroupsCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeOptionGroupsCommand,
  type RDSClient,
} from '@aws-sdk/client-rds';
import { codeOf } from './database-restore.ts';

/** What is wrong with the snapshot behind a point, one sentence; `status` asks RDS for its status, if it is there. */
export async function snapshotProblems(
  id: string,
  status: () => Promise<string | undefined>,
): Promise<string[]> {
  const found = await orNothing(status);
  if (found === 'available') return [];
  return [
    found === undefined
      ? `the snapshot ${id} no longer exists: choose another backup`
      : `the snapshot ${id} is ${found}: choose another backup`,
  ];
}

/** Groups that a database is restored with; undefined or empty ones are not looked for. */
export interface NamedGroups {
  readonly subnetGroup?: string | undefined;
  readonly parameterGroups: readonly string[];
  readonly clusterParameterGroup?: string | undefined;
  readonly optionGroups: readonly string[];
  readonly securityGroups: readonly string[];
}

/** Which of them no longer exist, one sentence each. Default groups are there or made by RDS itself. */
export async function groupProblems(
  { rds, ec2 }: { readonly rds: RDSClient; readonly ec2: EC2Client },
  groups: NamedGroups,
): Promise<string[]> {
  const problems: string[] = [];
  const look = async (what: string, name: string | undefined, ask: (name: string) => Promise<unknown>) => {
    // `default`, `default.postgres16`, `default:mysql-8-0`.
    if (name === undefined || /^default([.:]|$)/.test(name)) return;
    try {
      await ask(name);
    } catch (error) {
      if (!/^(DB|Option).*NotFound$/.test(codeOf(error))) throw error;
      problems.push(`the ${what} ${name} no longer exists: make it again under this name`);
    }
  };
  await look('DB subnet group', groups.subnetGroup, (DBSubnetGroupName) =>
    rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName })),
  );
  for (const group of new Set(groups.parameterGroups))
    await look('DB parameter group', group, (DBParameterGroupName) =>
      rds.send(new DescribeDBParameterGroupsCommand({ DBParameterGroupName })),
    );
  await look('DB cluster parameter group', groups.clusterParameterGroup, (DBClusterParameterGroupName) =>
    rds.send(new DescribeDBClusterParameterGroupsCommand({ DBClusterParameterGroupName })),
  );
  for (const group of groups.optionGroups)
    await look('option group', group, (OptionGroupName) =>
      rds.send(new DescribeOptionGroupsCommand({ OptionGroupName })),
    );
  problems.push(...(await securityGroupProblems(ec2, groups.securityGroups)));
  return problems;
}

async function securityGroupProblems(ec2: EC2Client, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { SecurityGroups = [] } = await ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-id', Values: [...ids] }] }),
  );
  return ids
    .filter((id) => !SecurityGroups.some(({ GroupId }) => GroupId === id))
    .map((id) => `the security group ${id} of the old database no longer exists: RDS needs another one`);
}

/** The first answer, or undefined when the service says that it does not exist. */
export async function orNothing<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (/NotFound$/.test(codeOf(error))) return undefined;
    throw error;
  }
}
