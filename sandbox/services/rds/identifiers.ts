import { createHash } from 'node:crypto';
import type { Random } from '../../random.ts';
import { invalidParameterValue } from './errors.ts';

/** Longest identifiers as the API Reference states them. */
export const identifierLimits = { instance: 63, cluster: 63, snapshot: 255, clusterSnapshot: 63 } as const;

/**
 * Checks an identifier that a request wants to give to something new and returns it as RDS stores it (lower case).
 * Throws InvalidParameterValue that names the parameter.
 */
export function newIdentifier(parameter: string, value: string, limit: number): string {
  if (!/^[A-Za-z](-?[A-Za-z0-9])*$/.test(value)) {
    throw invalidParameterValue(
      `The parameter ${parameter} is not a valid identifier. An identifier starts with a letter, holds only ASCII ` +
        'letters, digits and hyphens, and has no hyphen at its end and no two in a row.',
    );
  }
  if (value.length > limit) {
    throw invalidParameterValue(
      `The parameter ${parameter} is not a valid identifier because it is longer than ${limit} characters.`,
    );
  }
  return value.toLowerCase();
}

export type ArnType =
  | 'db'
  | 'cluster'
  | 'snapshot'
  | 'cluster-snapshot'
  | 'subgrp'
  | 'pg'
  | 'cluster-pg'
  | 'og';

export const arnOf = (type: ArnType, region: string, account: string, id: string): string =>
  `arn:${partitionOf(region)}:rds:${region}:${account}:${type}:${id}`;

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}

export interface ParsedArn {
  readonly region: string;
  readonly account: string;
  readonly type: string;
  /** Everything after the type; automated snapshots carry a colon in it. */
  readonly id: string;
}

/** The parts of an RDS ARN, or undefined for anything else. */
export function parseArn(text: string): ParsedArn | undefined {
  const match = /^arn:aws[a-z-]*:rds:([a-z0-9-]+):(\d{12}):([a-z-]+):(.+)$/.exec(text);
  if (!match) return undefined;
  const [, region, account, type, id] = match;
  if (region === undefined || account === undefined || type === undefined || id === undefined)
    return undefined;
  return { region, account, type, id: id.toLowerCase() };
}

/**
 * An identifier as a request names something that exists: plain or as an ARN of this type, in any case. An ARN of
 * another account or Region stays what it is, and so names nothing here.
 */
export function bareIdentifier(
  text: string,
  type: ArnType,
  where: { readonly account: string; readonly region: string },
): string {
  const arn = parseArn(text);
  const here = arn?.type === type && arn.account === where.account && arn.region === where.region;
  return here ? arn.id : text.toLowerCase();
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `db-` or `cluster-` and 26 capitals and digits, as resource identifiers look. */
export function resourceId(prefix: 'db' | 'cluster', random: Random): string {
  const letters = Array.from({ length: 26 }, () => alphabet.charAt(random.integer(alphabet.length)));
  return `${prefix}-${letters.join('')}`;
}

/** The part of an endpoint that is the same for every database of an account in a Region. */
export const endpointHash = (account: string, region: string): string =>
  `c${createHash('sha256').update(`${account}/${region}`).digest('hex').slice(0, 11)}`;

export const instanceEndpoint = (id: string, account: string, region: string): string =>
  `${id}.${endpointHash(account, region)}.${region}.rds.amazonaws.com`;

export const clusterEndpoint = (
  id: string,
  role: 'cluster' | 'cluster-ro',
  account: string,
  region: string,
) => `${id}.${role}-${endpointHash(account, region)}.${region}.rds.amazonaws.com`;
