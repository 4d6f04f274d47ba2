import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBackupRequest } from '../../functions/handlers/events.ts';
import { parseRestoreOrder } from '../../functions/handlers/restores.ts';
import { parseRotationRequest } from '../../functions/handlers/rotations.ts';
import { type TestedFunction, testEventsOf } from '../../lib/test-events.ts';
import { aConfig } from '../support/configs.ts';
import { aPlan } from '../support/plans.ts';
import { synthesize } from '../support/synthesized.ts';

const schemaType = 'AWS::EventSchemas::Schema';
const registryType = 'AWS::EventSchemas::Registry';
const template = synthesize();
const now = Date.parse('2026-11-20T09:30:12Z');

/** The parser of the function that gets the event. */
const parsers: Readonly<Record<TestedFunction, (event: unknown, plans: readonly string[]) => unknown>> = {
  backup: (event) => parseBackupRequest(event, now),
  rotate: (event, plans) => parseRotationRequest(event, plans, now),
  restore: (event, plans) => parseRestoreOrder(event, plans),
};
const functions = ['backup', 'rotate', 'restore'] as const;

interface Example {
  readonly value: Record<string, unknown>;
}

function contentOf(tested: TestedFunction, of = template) {
  const schemas = Object.values(of.findResources(schemaType));
  const found = schemas.find(({ Properties }) => Properties.SchemaName === `_prod-eu-${tested}-schema`);
  const text: string = found?.Properties.Content ?? '';
  const document: {
    readonly openapi: string;
    readonly info: object;
    readonly paths: object;
    readonly components: {
      readonly schemas: { readonly Event: { readonly type: string; readonly properties: object } };
      readonly examples: Readonly<Record<string, Example>>;
    };
  } = JSON.parse(text);
  return { text, document, examples: document.components.examples };
}

const withPlans = (count: number, name = (index: number) => `plan${index}`) => {
  const plans = Array.from({ length: count }, (_, index) => aPlan({ name: name(index) }));
  return aConfig({ plans: Object.fromEntries(plans.map((plan) => [plan.name, plan])) });
};

describe('the test events of a deployment', () => {
  it('lie where the console looks for them, by the name of each function that people call', () => {
    const found = Object.values(template.findResources(schemaType)).map(({ Properties }) => [
      ...[Properties.RegistryName, Properties.SchemaName, Properties.Type],
    ]);
    const registry = 'lambda-testevent-schemas';
    expect(found.toSorted()).toEqual(
      functions.toSorted().map((name) => [registry, `_prod-eu-${name}-schema`, 'OpenApi3']),
    );
  });

  it.each(functions)('are a document of the form that the console and SAM read, of %s', (name) => {
    const { document, examples } = contentOf(name);
    expect(document).toMatchObject({
      openapi: '3.0.0',
      info: { version: '1.0.0', title: 'Event' },
      paths: {},
    });
    const { type, properties } = document.components.schemas.Event;
    expect(type).toBe('object');
    expect(Object.keys(examples).length).toBeGreaterThan(0);
    for (const [example, { value }] of Object.entries(examples)) {
      expect(example).toMatch(/^[A-Za-z0-9._-]{1,25}$/);
      for (const key of Object.keys(value)) expect(properties).toHaveProperty(key);
    }
  });

  it.each(functions)('are orders that the function %s takes, every one of them', (name) => {
    const { examples } = contentOf(name);
    for (const { value } of Object.values(examples))
      expect(() => parsers[name](value, ['ci', 'fleet'])).not.toThrow();
  });

  it('restore the latest backup of every plan, dry and in earnest, or a certain one', () => {
    const { examples } = contentOf('restore');
    expect(Object.fromEntries(Object.entries(examples).map(([name, { value }]) => [name, value]))).toEqual({
      'one-backup': { plan: 'ci', backup: '1767225600_2026_01_01_ci', dryRun: true },
      'dry-run-ci': { plan: 'ci', backup: 'latest', dryRun: true },
      'dry-run-fleet': { plan: 'fleet', backup: 'latest', dryRun: true },
      'latest-ci': { plan: 'ci', backup: 'latest' },
      'latest-fleet': { plan: 'fleet', backup: 'latest' },
    });
  });

  it('back up and rotate every plan', () => {
    expect(Object.keys(contentOf('backup').examples)).toEqual(['backup-ci', 'backup-fleet']);
    expect(Object.keys(contentOf('rotate').examples)).toEqual([
      ...['dry-run-all', 'dry-run-ci', 'dry-run-fleet', 'rotate-ci', 'rotate-fleet'],
    ]);
  });
});

describe('many plans', () => {
  it.each(functions)('of 50, %s offers what there is room for', (name) => {
    const { text, examples } = contentOf(name, synthesize(withPlans(50)));
    // CreateSchema takes 100,000 characters.
    expect(text.length).toBeLessThan(100_000);
    expect(Object.keys(examples).length).toBeLessThanOrEqual(60);
    // The harmless events of a plan are the last to go.
    const dry = Object.keys(examples).filter((each) => each.startsWith('dry-run-plan'));
    if (name !== 'backup') expect(dry).toHaveLength(50);
  });

  it('have events of different names and of a form that the functions take, whatever they are called', () => {
    const planName = fc.stringMatching(/^[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,12})?$/);
    fc.assert(
      fc.property(fc.uniqueArray(planName, { minLength: 1, maxLength: 80 }), (plans) => {
        for (const name of functions) {
          const events = Object.entries(testEventsOf(name, plans));
          expect(events.length).toBeLessThanOrEqual(60);
          for (const [event, value] of events) {
            expect(event).toMatch(/^[A-Za-z0-9._-]{1,25}$/);
            expect(() => parsers[name](value, plans)).not.toThrow();
          }
          const groups = { backup: 1, rotate: 2, restore: 2 }[name];
          const others = { backup: 0, rotate: 1, restore: 1 }[name];
          if (plans.length * groups + others <= 60)
            expect(events).toHaveLength(plans.length * groups + others);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('the registry', () => {
  it('is made before anything that would stay behind, and stays for the events of others', () => {
    const [id = ''] = Object.keys(template.findResources(registryType));
    template.hasResource(registryType, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    for (const { DependsOn } of Object.values(template.findResources(schemaType)))
      expect(DependsOn).toContain(id);
    const staying = Object.entries(template.findResources('AWS::S3::Bucket')).filter(
      ([, { DeletionPolicy }]) => DeletionPolicy === 'Retain',
    );
    expect(staying.length).toBeGreaterThan(0);
    for (const [, { DependsOn }] of staying) expect(DependsOn).toContain(id);
  });

  it('is left alone where it is there already', () => {
    const existing = synthesize(aConfig({ console: { testEvents: true, registry: 'existing' } }));
    existing.resourceCountIs(registryType, 0);
    existing.resourceCountIs(schemaType, 3);
  });

  it('is not needed without test events', () => {
    const none = synthesize(aConfig({ console: { testEvents: false, registry: 'create' } }));
    none.resourceCountIs(registryType, 0);
    none.resourceCountIs(schemaType, 0);
  });
});
