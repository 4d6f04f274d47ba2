/** What a handler needs of the context that Lambda gives it. */
export interface Deadline {
  getRemainingTimeInMillis(): number;
}

/** Left for the answer of a function that waits, in milliseconds: a last look, and an answer that is on its way. */
const reserve = 10_000;
/** Of a caller that says nothing of its time. */
const unknownTime = 60_000;

/** Until when a function may wait and still answer, in milliseconds since the epoch. */
export const answerBy = (now: number, context: Deadline | undefined): number =>
  now + (context?.getRemainingTimeInMillis() ?? unknownTime) - reserve;

/** Where a person follows what a worker does, one sentence each. */
export function whereToLook(workerArn: string): string[] {
  const [, , , region = '', , , name = ''] = workerArn.split(':');
  return [
    `progress: Lambda console, ${region}, function ${name}, tab Durable executions, by the execution's name`,
    `log: CloudWatch, log group /aws/lambda/${name}`,
  ];
}
