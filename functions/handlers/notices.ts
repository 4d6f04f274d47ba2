import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { describeError } from '../shared/errors.ts';
import { type EventType, eventSource, eventVersion } from '../shared/event-types.ts';
import type { Logger } from '../shared/logger.ts';
import type { EventFacts } from './event-details.ts';

export const metricNamespace = 'Snapkeep';

/** Subjects of SNS e-mails have at most 100 characters of ASCII. */
const subjectLimit = 100;

/** How a deployed function speaks: metrics of each plan, messages to people, events to their automation. */
export interface Notices {
  /** Publishes metrics with the dimensions deployment and plan. */
  measure(
    plan: string,
    counts: Readonly<Record<string, number>>,
    seconds?: Readonly<Record<string, number>>,
  ): void;
  /**
   * Publishes a message, and says whether the topic took it. Never rejects: a run must not fail of it, and an error
   * that is to be told must not be hidden behind another. The metrics raise the alarms all the same.
   */
  tell(subject: string, lines: readonly string[]): Promise<boolean>;
  /**
   * Puts an event on the default bus. Never rejects: what was done stands, whoever hears of it; an event that was not
   * taken is in the log. `about` names what happened within its plan, the same for a repetition.
   */
  announce(type: EventType, plan: string, about: string, facts: EventFacts): Promise<void>;
}

export interface NoticesOptions {
  readonly sns: SNSClient;
  readonly eventbridge: EventBridgeClient;
  readonly topicArn: string;
  readonly deployment: string;
  readonly logger: Logger;
  /** Where metrics in Embedded Metric Format are written; Lambda hands what is on stdout to CloudWatch. */
  readonly metrics?: () => Metrics;
}

export function createNotices(options: NoticesOptions): Notices {
  const { sns, eventbridge, topicArn, deployment, logger } = options;
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
      try {
        await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: plain, Message: lines.join('\n') }));
        return true;
      } catch (error) {
        logger.error('people were not told', { subject: plain, lines, reason: describeError(error) });
        return false;
      }
    },

    async announce(type, plan, about, facts) {
      const id = `${deployment}/${plan}/${about}/${type.split(' ').slice(1).join('-').toLowerCase()}`;
      const detail = { version: eventVersion, id, deployment, plan, ...facts };
      const entry = { Source: eventSource, DetailType: type, Detail: JSON.stringify(detail) };
      const untold = (reason: string): void => logger.warn('an event was not taken', { type, id, reason });
      try {
        const { FailedEntryCount: failed = 0, Entries: [answer] = [] } = await eventbridge.send(
          new PutEventsCommand({ Entries: [entry] }),
        );
        // The request as such succeeds although its entry does not.
        if (failed > 0) untold(`${answer?.ErrorCode}: ${answer?.ErrorMessage}`);
      } catch (error) {
        untold(describeError(error));
      }
    },
  };
}
