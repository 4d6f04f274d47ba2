/** What a handler needs of the context that Lambda gives it. */
export interface Deadline {
  getRemainingTimeInMillis(): number;
}

/** Where a person follows what a worker does, one sentence each. */
export function whereToLook(workerArn: string): string[] {
  const [, , , region = '', , , name = ''] = workerArn.split(':');
  return [
    `progress: Lambda console, ${region}, function ${name}, tab Durable executions, by the execution's name`,
    `log: CloudWatch, log group /aws/lambda/${name}`,
  ];
}
