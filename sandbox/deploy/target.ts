/** What a deployment is made in: the sandbox's services, from inside where no request could do it. */
import type { Iam } from '../iam/iam.ts';
import type { TemplatePermissions } from '../iam/template.ts';
import type { TemplateValues } from '../iam/template-values.ts';
import type { Identity } from '../identities.ts';
import type { FunctionLogs } from '../runtime/logs.ts';
import type { Queues } from '../scheduler/queues.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { CloudFormation } from '../services/cloudformation/service.ts';
import type { Lambda } from '../services/lambda/service.ts';
import type { S3 } from '../services/s3/service.ts';
import type { Sns } from '../services/sns/service.ts';
import type { World } from '../world.ts';
import type { AssemblyStack } from './assembly.ts';

export interface DeployTarget {
  readonly world: World;
  /** Where every service answers. */
  readonly url: string;
  /** Who deploys. */
  readonly identity: Identity;
  /** Of stacks that leave it open. */
  readonly region: string;
  readonly iam: Iam;
  readonly s3: S3;
  readonly sns: Sns;
  readonly lambda: Lambda;
  readonly cloudformation: CloudFormation;
  readonly scheduler: Scheduler;
  readonly queues: Queues;
  readonly logs: FunctionLogs;
}

/** One stack while it is being made. */
export interface StackUnderWay {
  readonly target: DeployTarget;
  readonly stack: AssemblyStack;
  readonly place: { readonly account: string; readonly region: string };
  readonly values: TemplateValues;
  readonly permissions: TemplatePermissions;
  /** Takes a sentence for the person who deploys. */
  readonly note: (text: string) => void;
}
