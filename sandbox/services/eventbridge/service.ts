import * as eventbridge from '@aws-sdk/client-eventbridge';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { type BusEvent, type Place, putEventsHandlers } from './put-events.ts';

export interface EventBridge {
  readonly service: Service;
  /** What was put on the default bus, oldest first. At most the last 10,000 events are kept. */
  events(place: Place): readonly BusEvent[];
  /** Of all accounts and Regions. */
  all(): readonly BusEvent[];
}

/** Amazon EventBridge: PutEvents. Events of the default bus are recorded and go nowhere, since there are no rules. */
export function createEventBridge(world: World): EventBridge {
  const buses = new Map<string, BusEvent[]>();
  const busOf = ({ account, region }: Place): BusEvent[] => {
    const key = `${account}/${region}`;
    const bus = buses.get(key) ?? [];
    buses.set(key, bus);
    return bus;
  };
  return {
    service: {
      signingName: 'events',
      protocol: 'awsJson1_1',
      clientPackage: eventbridge,
      handlers: putEventsHandlers(world, busOf),
    },
    events: (place) => [...busOf(place)],
    all: () => [...buses.values()].flat().toSorted((a, b) => a.time - b.time),
  };
}
