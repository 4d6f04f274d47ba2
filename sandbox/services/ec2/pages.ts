import { ec2Error, invalidCombination, invalidValue } from './errors.ts';

export interface PageRequest {
  readonly maxResults: number | undefined;
  readonly nextToken: string | undefined;
  /** The action, so that a token of one cannot be used with another. */
  readonly scope: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface Page<R> {
  readonly items: R[];
  readonly nextToken: string | undefined;
}

/**
 * One page of records that come in the order of their `order` number. A token names the last record that was seen, so a
 * record that appears or goes between two pages makes no other one appear twice or be skipped.
 */
export function paginate<R extends { readonly order: number }>(
  records: Iterable<R>,
  request: PageRequest,
): Page<R> {
  const { maxResults, nextToken, minimum = 5, maximum = 1000 } = request;
  if (maxResults !== undefined && maxResults < minimum)
    throw invalidValue(
      `Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value greater than or equal to ${minimum}.`,
    );
  if (maxResults !== undefined && maxResults > maximum)
    throw invalidValue(
      `Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value less than or equal to ${maximum}.`,
    );
  const after = nextToken === undefined ? -1 : readToken(nextToken, request.scope);
  const items: R[] = [];
  let more = false;
  for (const record of records) {
    if (record.order <= after) continue;
    if (maxResults !== undefined && items.length === maxResults) {
      more = true;
      break;
    }
    items.push(record);
  }
  const last = items.at(-1);
  return { items, nextToken: more && last ? writeToken(request.scope, last.order) : undefined };
}

/** Several actions refuse a page size together with explicit ids. */
export function refuseIdsWithPages(
  ids: readonly string[] | undefined,
  maxResults: number | undefined,
  idsName: string,
): void {
  if (ids && ids.length > 0 && maxResults !== undefined)
    throw invalidCombination(`The parameter ${idsName} cannot be used with the parameter maxResults`);
}

function writeToken(scope: string, order: number): string {
  return Buffer.from(JSON.stringify([scope, order])).toString('base64url');
}

function readToken(token: string, scope: string): number {
  const match = /^\["(\w+)",(\d+)\]$/.exec(Buffer.from(token, 'base64url').toString());
  if (match?.[1] !== scope)
    throw ec2Error('InvalidPaginationToken', 'The specified pagination token is not valid or has expired.');
  return Number(match[2]);
}
