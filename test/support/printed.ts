import { vi } from 'vitest';

/** One line: values by the name of their metric, and what CloudWatch is told of them. */
export type Metrics = { readonly [name: string]: unknown } & {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly [{ readonly Metrics: readonly { readonly Name: string }[] }];
  };
};

/** What went to stdout, where the log of a function is made. */
export interface Printed {
  text(): string;
  /** Lines in the Embedded Metric Format, each read. */
  metrics(): Metrics[];
  forget(): void;
}

/** Keeps what is printed from now on, until all mocks are restored. Powertools writes its metrics there, past the console. */
export function capturePrinted(): Printed {
  const chunks: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    chunks.push(String(chunk));
    return true;
  });
  return {
    text: () => chunks.join('\n'),
    metrics: () =>
      chunks
        .flatMap((chunk) => chunk.split('\n'))
        .filter((line) => line.includes('"_aws"'))
        .map((line) => JSON.parse(line)),
    forget: () => {
      chunks.length = 0;
    },
  };
}
