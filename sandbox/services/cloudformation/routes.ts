import type {
  DescribeStackResourcesInput,
  DescribeStackResourcesOutput,
  DescribeStacksInput,
  DescribeStacksOutput,
  ListStackResourcesInput,
  ListStackResourcesOutput,
} from '@aws-sdk/client-cloudformation';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import { checkConstraints, lengthBetween, matches } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';
import type { Place, StackState } from './state.ts';

/** Of one answer; the documents tell of 1 MB and of no number, which is about as many. */
const pageSize = 100;

const nameOrId = '[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*';

/** DescribeStacks, ListStackResources and DescribeStackResources. */
export function stackHandlers(state: StackState) {
  return {
    /** One stack by name or ID; without, all that are not deleted. */
    DescribeStacks(
      { StackName: name, NextToken }: Decoded<DescribeStacksInput>,
      request: RequestContext,
    ): DescribeStacksOutput {
      checkName(name);
      const place = placeOf(request);
      if (name !== undefined) return { Stacks: [state.find(name, place).view] };
      const page = pageOf(state.list(place), NextToken);
      return { Stacks: page.items.map(({ view }) => view), ...page.next };
    },

    ListStackResources(
      { StackName: name, NextToken }: Decoded<ListStackResourcesInput>,
      request: RequestContext,
    ): ListStackResourcesOutput {
      checkName(name);
      const page = pageOf(state.find(name, placeOf(request)).resources, NextToken);
      return { StackResourceSummaries: page.items, ...page.next };
    },

    /** Of a stack that is named, or of the one that a resource belongs to. "Only the first 100 resources". */
    DescribeStackResources(
      input: Decoded<DescribeStackResourcesInput>,
      request: RequestContext,
    ): DescribeStackResourcesOutput {
      const { StackName: name, PhysicalResourceId: physicalId, LogicalResourceId: logicalId } = input;
      checkName(name);
      if ((name === undefined) === (physicalId === undefined))
        throw new ServiceError(
          'ValidationError',
          'You must specify either StackName or PhysicalResourceId, but not both',
          400,
        );
      const place = placeOf(request);
      const { view, resources } =
        name === undefined ? state.owning(physicalId ?? '', place) : state.find(name, place);
      return {
        StackResources: resources
          .filter(({ LogicalResourceId }) => logicalId === undefined || LogicalResourceId === logicalId)
          .slice(0, pageSize)
          .map(({ LastUpdatedTimestamp: Timestamp, ...resource }) => ({
            ...{ StackName: view.StackName, StackId: view.StackId, Timestamp },
            ...resource,
          })),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

const placeOf = ({ caller, region }: RequestContext): Place => ({ account: caller.account, region });

function checkName(name: string | undefined): void {
  checkConstraints('ValidationError', [
    lengthBetween('stackName', name, 1, Number.POSITIVE_INFINITY),
    ...(name === undefined || name === '' ? [] : [matches('stackName', name, nameOrId)]),
  ]);
}

/** A token is the place at which the page before ended. */
function pageOf<T>(
  items: readonly T[],
  token: string | undefined,
): { readonly items: T[]; readonly next: { readonly NextToken?: string } } {
  checkConstraints('ValidationError', [lengthBetween('nextToken', token, 1, 1024)]);
  const [, place = ''] = /^stacks:(\d+)$/.exec(decode(token)) ?? [];
  if (token !== undefined && place === '')
    throw new ServiceError('ValidationError', 'NextToken is not valid', 400);
  const end = Number(place) + pageSize;
  return {
    items: items.slice(Number(place), end),
    next: end < items.length ? { NextToken: Buffer.from(`stacks:${end}`).toString('base64url') } : {},
  };
}

const decode = (token = ''): string => Buffer.from(token, 'base64url').toString();
