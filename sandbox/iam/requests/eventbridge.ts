/** What EventBridge asks of policies. */
import type { PutEventsRequest, PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { RequestContext } from '../../service.ts';
import { arnOf, demand, type ServiceDemands, type Target } from './demand.ts';

function bus(name: string, { region, caller }: RequestContext): Target {
  if (name.startsWith('arn:')) return { resource: name, owner: name.split(':')[4] ?? '' };
  const resource = `event-bus/${name}`;
  return { resource: arnOf({ service: 'events', region, account: caller.account, resource }) };
}

/** Every entry is judged by itself: on its bus, by its own source and detail type ("Using IAM policy conditions"). */
const onEntry = (
  { EventBusName: name = 'default', Source, DetailType }: PutEventsRequestEntry,
  request: RequestContext,
) =>
  demand('events:PutEvents', bus(name, request), {
    'events:source': Source,
    'events:detail-type': DetailType,
    'events:eventBusInvocation': 'false',
  });

export const eventBridgeDemands: ServiceDemands = {
  PutEvents: ({ Entries = [] }: PutEventsRequest, request) => Entries.map((entry) => onEntry(entry, request)),
};
