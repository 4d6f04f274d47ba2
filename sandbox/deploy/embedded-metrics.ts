/** Metrics that stand in log lines ("Specification: Embedded metric format", CloudWatch User Guide). */
import * as z from 'zod';

export interface EmbeddedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const lineSchema = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string().optional() })),
      }),
    ),
  }),
});
const valuesSchema = z.union([z.number().transform((value) => [value]), z.array(z.number())]);

/** Nothing for a line that is none. */
export function metricsIn(line: string): readonly EmbeddedMetric[] {
  if (!line.startsWith('{') || !line.includes('"_aws"')) return [];
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) return [];
  const { _aws, ...members } = parsed.data;
  const found = new Map(Object.entries(members));
  return _aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name: name, Unit: unit }) => {
      const values = valuesSchema.safeParse(found.get(name));
      if (!values.success) return [];
      return Dimensions.map((names) => ({
        ...{ namespace, name, unit, values: values.data, at: _aws.Timestamp },
        dimensions: Object.fromEntries(names.map((each) => [each, String(found.get(each))])),
      }));
    }),
  );
}
