import type { Filter } from '@aws-sdk/client-ec2';
import type { RequestContext } from '../../service.ts';
import { endDryRun } from './errors.ts';
import { compileFilters, type FilterTable } from './filters.ts';
import { findAll, type ResourceKind } from './ids.ts';
import type { Resource } from './model/records.ts';
import { ownedBy, visibleLookup } from './model/region.ts';
import { type Page, paginate } from './pages.ts';

interface Question {
  readonly DryRun?: boolean | undefined;
  readonly Filters?: readonly Filter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** What the Describe calls of simple resources have in common: ids, filters, pages. */
export function describeRecords<R extends Resource>(
  records: ReadonlyMap<string, R>,
  kind: ResourceKind,
  table: FilterTable<R>,
  ids: readonly string[] | undefined,
  input: Question,
  { action, caller, now }: RequestContext,
): Page<R> {
  const matches = compileFilters(input.Filters, table, (record) => record.tags);
  const candidates = ids?.length
    ? findAll(kind, ids, visibleLookup(records, caller.account, now)).sort((a, b) => a.order - b.order)
    : [...ownedBy(records, caller.account, now)];
  const page = paginate(candidates.filter(matches), {
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
    scope: action,
  });
  endDryRun(input.DryRun);
  return page;
}
