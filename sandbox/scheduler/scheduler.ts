/** EventBridge Scheduler: calls targets when the sandbox's clock passes the time of a schedule. */
import type { World } from '../world.ts';
import type { ScheduleDefinition } from './definition.ts';
import { type Delivery, type DeliveryTools, deliver } from './delivery.ts';
import { type Occasions, parseExpression } from './expression.ts';

export interface Schedule extends ScheduleDefinition {
  /** Sandbox time in milliseconds; undefined when there is no further run. */
  readonly nextRun: number | undefined;
}

export interface Scheduler {
  /** @throws ScheduleError for an expression that the service would refuse */
  add(definition: ScheduleDefinition): void;
  /** Takes out what `add` put in, without a word. */
  clear(): void;
  schedules(): readonly Schedule[];
  /**
   * Delivers an occasion now, whatever the clock says: of a name, of `<group>/<name>`, or of an ARN. `at` is its time
   * in milliseconds, the present unless given. Undefined: there is no such schedule.
   */
  fire(name: string, at?: number): Delivery | undefined;
  /** The last thousand, oldest first. */
  deliveries(): readonly Delivery[];
}

const keptDeliveries = 1000;

export function createScheduler(world: World, tools: Omit<DeliveryTools, 'world'>): Scheduler {
  const entries = new Map<string, { readonly definition: ScheduleDefinition; next: number | undefined }>();
  const deliveries: Delivery[] = [];
  const send = (definition: ScheduleDefinition, scheduledAt: number): Delivery => {
    const delivery = deliver({ ...tools, world }, definition, scheduledAt);
    deliveries.push(delivery);
    if (deliveries.length > keptDeliveries) deliveries.shift();
    return delivery;
  };

  const book = (key: string, occasions: Occasions, at: number | undefined): void => {
    const entry = entries.get(key);
    if (!entry) return;
    entry.next = at;
    if (at === undefined) return;
    world.schedule(at, () => {
      // Replaced in between: that schedule books its own runs.
      if (entries.get(key) !== entry) return;
      const { definition } = entry;
      const window = definition.flexibleWindowMinutes;
      const delay = window === undefined ? 0 : world.random.integer(window * 60_000);
      if (delay === 0) send(definition, at);
      else world.schedule(at + delay, () => send(definition, at));
      book(key, occasions, occasions.after(at));
    });
  };

  return {
    add(definition) {
      const occasions = parseExpression(definition.expression, definition.timezone);
      // Groups of one name may be in several Regions.
      const key = definition.arn;
      entries.set(key, { definition, next: undefined });
      if (definition.enabled) book(key, occasions, occasions.first(world.now()));
    },
    clear: () => entries.clear(),
    schedules: () => [...entries.values()].map(({ definition, next }) => ({ ...definition, nextRun: next })),
    fire(name, at) {
      const found = [...entries.values()].find(({ definition }) =>
        [definition.name, `${definition.group}/${definition.name}`, definition.arn].includes(name),
      );
      return found && send(found.definition, at ?? world.now());
    },
    deliveries: () => deliveries,
  };
}
