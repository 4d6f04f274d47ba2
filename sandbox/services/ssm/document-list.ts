import type { ListDocumentsRequest, ListDocumentsResult } from '@aws-sdk/client-ssm';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { between, checkConstraints } from '../constraints.ts';
import { platformsOf } from './documents.ts';
import { invalidFilterKey } from './errors.ts';
import type { DocumentRecord } from './model.ts';
import { findVersion, pageOf, type SsmRegion, type SsmState } from './state.ts';

/** ListDocuments; without a filter it also shows the documents that Amazon shares. */
export function documentListHandlers(state: SsmState) {
  return {
    ListDocuments(input: ListDocumentsRequest, request: RequestContext): ListDocumentsResult {
      checkConstraints('ValidationException', [between('maxResults', input.MaxResults, 1, 50)]);
      const region = state.at({ account: request.caller.account, region: request.region });
      const filters = [
        ...(input.Filters ?? []).map(({ Key, Values }) => ({ key: Key ?? '', values: Values ?? [] })),
        // The older form has one value per filter.
        ...(input.DocumentFilterList ?? []).map(({ key, value }) => ({
          key: key ?? '',
          values: value === undefined ? [] : [value],
        })),
      ];
      const found = [...region.documents.values()]
        .filter((document) => filters.every(({ key, values }) => selects(region, document, key, values)))
        .sort((left, right) => (left.name < right.name ? -1 : 1));
      const { items, next } = pageOf(found, input.MaxResults ?? 50, input.NextToken);
      return {
        DocumentIdentifiers: items.map((document) => {
          const version = findVersion(document, undefined);
          return {
            Name: document.name,
            CreatedDate: new Date(version.createdAt),
            ...(document.displayName === undefined ? {} : { DisplayName: document.displayName }),
            Owner: document.owner,
            PlatformTypes: platformsOf(version),
            DocumentVersion: String(version.number),
            DocumentType: document.type,
            SchemaVersion: version.content.schemaVersion,
            DocumentFormat: version.format,
            ...(document.targetType === undefined ? {} : { TargetType: document.targetType }),
            Tags: [...document.tags],
          };
        }),
        ...(next === undefined ? {} : { NextToken: next }),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

function selects(
  region: SsmRegion,
  document: DocumentRecord,
  key: string,
  values: readonly string[],
): boolean {
  const any = (holds: (value: string) => boolean): boolean => values.some(holds);
  if (key.startsWith('tag:')) {
    const tag = document.tags.find((one) => one.Key === key.slice(4));
    return tag !== undefined && any((value) => value === tag.Value);
  }
  switch (key) {
    case 'Name':
      return any((value) => document.name.startsWith(value));
    case 'SearchKeyword':
      return any((value) => document.name.includes(value));
    case 'Owner':
      return any((value) => ownerMatches(region, document, value));
    case 'DocumentType':
      return any((value) => document.type === value);
    case 'PlatformTypes':
      return platformsOf(findVersion(document, undefined)).some((platform) => values.includes(platform));
    case 'TargetType':
      return any((value) => document.targetType === value);
    default:
      throw invalidFilterKey(`The filter key ${key} is not valid.`);
  }
}

function ownerMatches(region: SsmRegion, document: DocumentRecord, value: string): boolean {
  if (value === 'Self') return document.owner === region.account;
  if (value === 'All') return true;
  if (value === 'Private' || value === 'ThirdParty')
    return value === 'Private' && document.owner === region.account;
  if (value === 'Public' || value === 'Amazon') return document.owner === 'Amazon';
  return document.owner === value;
}
