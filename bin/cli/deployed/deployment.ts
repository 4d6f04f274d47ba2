import type { LambdaClient } from '@aws-sdk/client-lambda';
import { createCallerClients } from '../../../functions/clients/for-callers.ts';
import type { Invocation } from '../host.ts';
import { connectionOf } from '../open-session.ts';
import type { Session } from '../session.ts';
import { type DeployedStack, findStack, requireDeployedPlan } from './stack.ts';

/** A deployment that works, and what a verb needs to have it do something. */
export interface Deployment {
  readonly invocation: Invocation;
  /** The verb's own; of it only the vault is read. */
  readonly session: Session;
  readonly stack: DeployedStack;
  readonly lambda: LambdaClient;
}

/** Finds what is deployed for the session's Region, with these plans, and closes the connections to it in the end. */
export async function withDeployment<T>(
  invocation: Invocation,
  session: Session,
  plans: readonly string[],
  work: (deployment: Deployment) => Promise<T>,
): Promise<T> {
  const clients = createCallerClients(connectionOf(invocation.io, session.config));
  try {
    const stack = await findStack(clients.cloudformation, session.config, invocation.logger);
    for (const plan of plans) requireDeployedPlan(stack, plan);
    await session.vault.check();
    return await work({ invocation, session, stack, lambda: clients.lambda });
  } finally {
    clients.destroy();
  }
}
