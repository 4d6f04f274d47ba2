import type {
  PutEventsRequest,
  PutEventsRequestEntry,
  PutEventsResponse,
  PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import type { World } from '../../world.ts';
import { checkConstraints, lengthBetween, matches } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';

export interface Place {
  readonly account: string;
  readonly region: string;
}

/** An event as rules and their targets see it. */
export interface BusEvent {
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
  readonly resources: readonly string[];
  readonly account: string;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** "Calculating PutEvents event entry size": of all entries of a request together, since January 2026. */
const maxBytes = 1024 * 1024;
/** "PutEventsRequestEntry", API Reference. */
const maxDetailType = 128;
const busName = '(arn:aws[\\w-]*:events:[a-z]+-[a-z]+-[\\w-]+:[0-9]{12}:event-bus\\/)?[\\.\\-_A-Za-z0-9]+';
const keptEvents = 10_000;

/** PutEvents: the request is refused as a whole for its form, and entry by entry for what they say. */
export function putEventsHandlers(world: World, busOf: (place: Place) => BusEvent[]) {
  const newId = (): string => {
    const hex = (digits: number): string => world.random.hex(digits);
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  };
  return {
    PutEvents(input: Decoded<PutEventsRequest>, request: RequestContext): PutEventsResponse {
      const { Entries: entries, EndpointId: endpoint } = input;
      checkConstraints('ValidationException', [
        lengthBetween('entries', entries, 1, 10),
        matches('endpointId', endpoint, '[A-Za-z0-9\\-]+[\\.][A-Za-z0-9\\-]+'),
        ...entries.flatMap(({ EventBusName: bus, TraceHeader: trace }, index) => {
          const member = `entries.${index + 1}.member`;
          return [
            lengthBetween(`${member}.eventBusName`, bus, 1, 1600),
            matches(`${member}.eventBusName`, bus, busName),
            lengthBetween(`${member}.traceHeader`, trace, 1, 500),
          ];
        }),
      ]);
      if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > maxBytes) {
        throw new ServiceError(
          'ValidationException',
          'Total size of the entries in the request is over the limit.',
          400,
        );
      }
      const place = { account: request.caller.account, region: request.region };
      const results = entries.map((entry): PutEventsResultEntry => {
        const checked = check(entry);
        if ('ErrorCode' in checked) return checked;
        const id = newId();
        // What is sent to a bus that is not there is accepted, and reaches nobody.
        if (isDefault(entry.EventBusName, place)) {
          const bus = busOf(place);
          bus.push({ id, ...checked, ...place, time: entry.Time?.getTime() ?? request.now });
          if (bus.length > keptEvents) bus.shift();
        }
        return { EventId: id };
      });
      return {
        FailedEntryCount: results.filter(({ ErrorCode: code }) => code !== undefined).length,
        Entries: results,
      };
    },
  } satisfies Record<string, AnyHandler>;
}

/** The documented sum: 14 bytes for a time, the UTF-8 of everything else. */
function sizeOf({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: PutEventsRequestEntry) {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

type Checked = Pick<BusEvent, 'source' | 'detailType' | 'detail' | 'resources'>;

function check(entry: PutEventsRequestEntry): Checked | { ErrorCode: string; ErrorMessage: string } {
  const { Source: source = '', DetailType: detailType = '', Detail: text = '', Resources = [] } = entry;
  const required = { Source: source, DetailType: detailType, Detail: text };
  for (const [name, value] of Object.entries(required)) {
    if (value === '') return invalid(name, `${name} is a required argument.`);
  }
  if (detailType.length > maxDetailType) {
    return invalid('DetailType', `DetailType must have at most ${maxDetailType} characters.`);
  }
  if (/^aws\./.test(source)) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  const detail = parseObject(text);
  if (!detail) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  return { source, detailType, detail, resources: [...Resources] };
}

const invalid = (name: string, reason: string) => ({
  ErrorCode: 'InvalidArgument',
  ErrorMessage: `Parameter ${name} is not valid. Reason: ${reason}`,
});

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isDefault = (bus: string | undefined, { account, region }: Place): boolean =>
  bus === undefined ||
  bus === 'default' ||
  new RegExp(`^arn:aws[a-z-]*:events:${region}:${account}:event-bus/default$`).test(bus);
