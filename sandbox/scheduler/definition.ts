/** What a schedule is made of (`CreateSchedule`, EventBridge Scheduler API Reference). */

export interface ScheduleDefinition {
  readonly name: string;
  readonly group: string;
  readonly arn: string;
  readonly expression: string;
  /** An IANA name; UTC unless given. */
  readonly timezone: string;
  /** Undefined: the target is called at once. */
  readonly flexibleWindowMinutes: number | undefined;
  readonly enabled: boolean;
  readonly target: ScheduleTarget;
}

export interface ScheduleTarget {
  /** A function, or a version or alias of one. */
  readonly arn: string;
  readonly roleArn: string;
  /** With context attributes such as `<aws.scheduler.scheduled-time>`. */
  readonly input: string;
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
  readonly deadLettersArn: string | undefined;
}
