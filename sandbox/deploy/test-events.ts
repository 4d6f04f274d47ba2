/** Shareable test events: what a person picks in the Lambda console before pressing Test. */
import * as z from 'zod';
import type { TemplateResource } from '../iam/template-values.ts';
import type { StackUnderWay } from './target.ts';

/** The registry in which the console looks ("Testing Lambda functions in the console"). */
const registry = 'lambda-testevent-schemas';

export const testEventTypes: readonly string[] = ['AWS::EventSchemas::Registry', 'AWS::EventSchemas::Schema'];

/** Events by their names. */
export type TestEvents = Readonly<Record<string, unknown>>;

const contentSchema = z.object({
  components: z.object({ examples: z.record(z.string(), z.object({ value: z.json() })) }),
});

/** By the functions that they are for; schemas of another registry, or of another form, have none. */
export function testEventsOf({ values }: StackUnderWay): Readonly<Record<string, TestEvents>> {
  return Object.fromEntries(values.ofType('AWS::EventSchemas::Schema').flatMap(eventsIn));

  function eventsIn({ properties }: TemplateResource): [functionName: string, events: TestEvents][] {
    const [, functionName] = /^_(.+)-schema$/.exec(values.text(properties.SchemaName)) ?? [];
    if (values.text(properties.RegistryName) !== registry || functionName === undefined) return [];
    const content = contentSchema.safeParse(parse(values.text(properties.Content)));
    if (!content.success) return [];
    const examples = Object.entries(content.data.components.examples);
    return [[functionName, Object.fromEntries(examples.map(([name, { value }]) => [name, value]))]];
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
