import { GetDurableExecutionHistoryCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** Enough to see all shards of a large backup that were started together. */
const newest = 100;

/**
 * Names of the operations that an execution did last, newest first, each once. Undefined when that cannot be told: it
 * is drawn for a person to look at, and not worth failing for.
 */
export async function newestOperations(
  lambda: LambdaClient,
  arn: string,
  abortSignal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    const { Events = [] } = await lambda.send(
      new GetDurableExecutionHistoryCommand({
        DurableExecutionArn: arn,
        IncludeExecutionData: false,
        ReverseOrder: true,
        MaxItems: newest,
      }),
      { abortSignal },
    );
    return [...new Set(Events.flatMap(({ Name }) => Name ?? []))];
  } catch (error) {
    if (abortSignal.aborted) throw error;
    return undefined;
  }
}

/** `start-3` is number 3 of `start`; undefined for any other name. */
export function numbered(name: string, word: string): number | undefined {
  const [, number] = new RegExp(`^${word}-(\\d+)$`).exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}
