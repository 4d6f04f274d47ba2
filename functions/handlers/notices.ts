import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';

export const metricNamespace = 'Snapkeep';

/** Subjects of SNS e-mails have at most 100 characters of ASCII. */
const subjectLimit = 100;

/** How a deployed function speaks: metrics of each plan, messages to people. */
export interface Notices {
  /** Publishes metrics with the dimensions deployment and plan. */
  measure(
    plan: string,
    counts: Readonly<Record<string, number>>,
    seconds?: Readonly<Record<string, number>>,
  ): void;
  tell(subject: string, lines: readonly string[]): Promise<void>;
}

export interface NoticesOptions {
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly deployment: string;
  /** Where metrics in Embedded Metric Format are written; Lambda hands what is on stdout to CloudWatch. */
  readonly metrics?: () => Metrics;
}

export function createNotices({ sns, topicArn, deployment, ...options }: NoticesOptions): Notices {
  const makeMetrics = options.metrics ?? (() => new Metrics({ namespace: metricNamespace }));
  return {
    measure(plan, counts, seconds = {}) {
      const metrics = makeMetrics();
      // Powertools adds the dimension `service` on its own; alarms name deployment and plan only.
      metrics.clearDefaultDimensions();
      metrics.addDimensions({ deployment, plan });
      for (const [name, value] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, value);
      for (const [name, value] of Object.entries(seconds)) metrics.addMetric(name, MetricUnit.Seconds, value);
      metrics.publishStoredMetrics();
    },

    async tell(subject, lines) {
      const plain = subject.replace(/[^\x20-\x7e]/g, '?').slice(0, subjectLimit);
      await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: plain, Message: lines.join('\n') }));
    },
  };
}
