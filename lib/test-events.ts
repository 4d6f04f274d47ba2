import { createHash } from 'node:crypto';
import { backupIdOf } from '../functions/shared/names.ts';

/** A function that people call, and the events that they may pick for it. */
export type TestedFunction = 'backup' | 'rotate' | 'restore';

/** What a person picks in the console, by the name that is shown there. */
export type TestEvents = Readonly<Record<string, object>>;

/**
 * The console lists them all in one menu. "Testing Lambda functions in the console" gives a number for private events
 * only; beyond this many nobody would find anything anyway.
 */
const mostEvents = 60;
/** What the console's form takes as the name of an event. */
const nameLimit = 25;

/** Events of the same meaning, one for every plan. */
type Group = (plan: string) => readonly [name: string, event: object];

/** Of a backup that hardly anybody has: nothing comes of a template that is sent before it was edited. */
const oldSlot = '2026-01-01T00:00:00Z';

interface Offer {
  /** Not of a certain plan; one of the plans stands in it where it needs one. */
  readonly first: (plan: string) => TestEvents;
  readonly perPlan: readonly Group[];
}

const offers: Readonly<Record<TestedFunction, Offer>> = {
  backup: {
    first: () => ({}),
    perPlan: [(plan) => [`backup-${plan}`, { plan }]],
  },
  rotate: {
    first: () => ({ 'dry-run-all': { dryRun: true } }),
    perPlan: [(plan) => [`dry-run-${plan}`, { plan, dryRun: true }], (plan) => [`rotate-${plan}`, { plan }]],
  },
  restore: {
    first: (plan) => ({ 'one-backup': { plan, backup: backupIdOf(oldSlot, plan), dryRun: true } }),
    perPlan: [
      (plan) => [`dry-run-${plan}`, { plan, backup: 'latest', dryRun: true }],
      (plan) => [`latest-${plan}`, { plan, backup: 'latest' }],
    ],
  },
};

/**
 * The test events of a function. Of a group that has no room left, the first plan's event stands for all: a person
 * replaces the name.
 */
export function testEventsOf(tested: TestedFunction, plans: readonly string[]): TestEvents {
  const { first, perPlan } = offers[tested];
  const [onePlan = ''] = plans;
  const events = new Map(Object.entries(first(onePlan)));
  for (const [index, group] of perPlan.entries()) {
    const groupsAfter = perPlan.length - 1 - index;
    const room = mostEvents - events.size - groupsAfter;
    for (const plan of plans.length <= room ? plans : [onePlan]) {
      const [name, event] = group(plan);
      events.set(shortened(name), event);
    }
  }
  return Object.fromEntries(events);
}

/** Plans may have long names; what is cut off is told apart by digits of its hash. */
function shortened(name: string): string {
  if (name.length <= nameLimit) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 4);
  return `${name.slice(0, nameLimit - hash.length - 1)}-${hash}`;
}

/**
 * The document in which the console and `sam remote test-event` keep the events of one function: OpenAPI 3.0, with an
 * example for each event and a schema that they have in common.
 */
export function schemaOf(events: TestEvents): string {
  const members = new Map<string, string>();
  for (const event of Object.values(events))
    for (const [key, value] of Object.entries(event)) members.set(key, typeof value);
  const properties = Object.fromEntries([...members].map(([key, type]) => [key, { type }]));
  return JSON.stringify({
    openapi: '3.0.0',
    info: { version: '1.0.0', title: 'Event' },
    paths: {},
    components: {
      schemas: { Event: { type: 'object', properties } },
      examples: Object.fromEntries(Object.entries(events).map(([name, value]) => [name, { value }])),
    },
  });
}
