import { PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam';

/**
 * Allows something on resources that cannot be named beforehand, so with a `*`, and says why. In a plain
 * `PolicyStatement` a `*` among the resources fails the synthesis; here each one is acknowledged by itself, and the list
 * of all of them is pinned by a test.
 */
export class OpenStatement extends PolicyStatement {
  /** A sentence for whoever reviews the stack: why nothing narrower is possible, and what bounds it instead. */
  readonly reason: string;

  constructor(reason: string, props: PolicyStatementProps) {
    super(props);
    this.reason = reason;
  }
}

/** The reason of most: calls that read what there is. */
export const nothingNarrower = 'AWS authorizes these calls for everything or nothing, or they list';
