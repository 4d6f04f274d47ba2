import { ServiceError } from '../../service.ts';
import { between, checkConstraints } from '../constraints.ts';

export interface PageRequest {
  readonly MaxRecords?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** "The default value is 50 and the maximum value is 100." A token names the last record of the page before. */
export function pageOf<T>(
  items: readonly T[],
  name: (item: T) => string,
  { MaxRecords, NextToken }: PageRequest,
): { readonly items: T[]; readonly token: string | undefined } {
  checkConstraints('ValidationError', [between('maxRecords', MaxRecords, 1, 100)]);
  const limit = MaxRecords ?? 50;
  const after = NextToken === undefined ? undefined : readToken(NextToken);
  const rest = items.filter((item) => after === undefined || name(item) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { items: page, token: last && rest.length > limit ? writeToken(name(last)) : undefined };
}

const prefix = 'autoscaling:';

const writeToken = (name: string): string => Buffer.from(`${prefix}${name}`).toString('base64url');

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith(prefix)) {
    throw new ServiceError('InvalidNextToken', 'The NextToken value is not valid.', 400);
  }
  return text.slice(prefix.length);
}
