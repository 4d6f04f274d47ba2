import * as cloudformation from '@aws-sdk/client-cloudformation';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { stackHandlers } from './routes.ts';
import { type SeededStack, StackState } from './state.ts';

export interface CloudFormation {
  readonly service: Service;
  /** Makes a stack, or updates the one of that name, as a finished deployment would. Answers its ID. */
  seedStack(stack: SeededStack): string;
}

/** AWS CloudFormation as far as it tells of stacks: what they consist of is made by whoever seeds them. */
export function createCloudFormation(world: World): CloudFormation {
  const state = new StackState(world);
  return {
    service: {
      signingName: 'cloudformation',
      protocol: 'awsQuery',
      clientPackage: cloudformation,
      xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
      handlers: stackHandlers(state),
    },
    seedStack: (stack) => state.seed(stack),
  };
}
