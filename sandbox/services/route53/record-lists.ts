import type {
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
  ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { compareNames, normalName } from './domain-names.ts';
import { invalidInput } from './errors.ts';
import type { RecordSet, Route53State } from './model.ts';
import { findZone, pageSize } from './zones.ts';

/** ListResourceRecordSets: from a name, a type and an identifier on, in the order of the labels read backwards. */
export function recordListHandlers(state: Route53State) {
  return {
    ListResourceRecordSets(
      input: Decoded<ListResourceRecordSetsRequest>,
      request: RequestContext,
    ): ListResourceRecordSetsResponse {
      const zone = findZone(state, request, input.HostedZoneId);
      const limit = pageSize(input.MaxItems, 300);
      if (input.StartRecordType !== undefined && input.StartRecordName === undefined)
        throw invalidInput('A start type can be given only together with a start name.');
      if (input.StartRecordIdentifier !== undefined && input.StartRecordType === undefined)
        throw invalidInput('A start identifier can be given only together with a start name and type.');
      const sorted = [...zone.records.values()].sort(compareRecords);
      const from: RecordSet | undefined =
        input.StartRecordName === undefined
          ? undefined
          : {
              Name: normalName(input.StartRecordName),
              Type: input.StartRecordType ?? '',
              SetIdentifier: input.StartRecordIdentifier,
            };
      const rest = from ? sorted.filter((record) => compareRecords(record, from) >= 0) : sorted;
      const next = rest[limit];
      return {
        ResourceRecordSets: rest.slice(0, limit).map(viewRecord),
        IsTruncated: next !== undefined,
        ...(next ? nextOf(next) : {}),
        MaxItems: limit,
      };
    },
  } satisfies Record<string, AnyHandler>;
}

function compareRecords(left: RecordSet, right: RecordSet): number {
  const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return (
    compareNames(left.Name, right.Name) ||
    text(left.Type, right.Type) ||
    text(left.SetIdentifier ?? '', right.SetIdentifier ?? '')
  );
}

// Sound: types of record sets come in through the client's own enumeration and go out as they came.
const viewRecord = (record: RecordSet): ResourceRecordSet => record as ResourceRecordSet;

const nextOf = (next: RecordSet) => {
  const { Name: NextRecordName, Type: NextRecordType, SetIdentifier } = viewRecord(next);
  return {
    NextRecordName,
    NextRecordType,
    ...(SetIdentifier === undefined ? {} : { NextRecordIdentifier: SetIdentifier }),
  };
};
