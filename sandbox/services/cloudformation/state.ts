import type { Output, Stack, StackResourceSummary, StackStatus } from '@aws-sdk/client-cloudformation';
import { ServiceError } from '../../service.ts';
import type { World } from '../../world.ts';

export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface SeededResource {
  readonly logicalId: string;
  /** `AWS::S3::Bucket` */
  readonly type: string;
  /** Name, ID or ARN, whatever `Ref` answers for it. */
  readonly physicalId?: string;
  /** Default: `CREATE_COMPLETE`. */
  readonly status?: NonNullable<StackResourceSummary['ResourceStatus']>;
}

export interface SeededStack {
  readonly name: string;
  /** Default: `123456789012`. */
  readonly account?: string;
  /** Default: `eu-west-1`. */
  readonly region?: string;
  /** Default: `CREATE_COMPLETE`, or `UPDATE_COMPLETE` for a name that is there. */
  readonly status?: StackStatus;
  readonly statusReason?: string;
  readonly description?: string;
  /** By key; in the order in which they are answered. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly resources?: readonly SeededResource[];
}

export interface StackRecord extends Required<Place> {
  readonly view: Stack & { readonly StackId: string; readonly StackName: string };
  readonly resources: readonly StackResourceSummary[];
}

/** Stacks by their IDs. A name belongs to the one that has not been deleted; deleted ones are known by ID alone. */
export class StackState {
  readonly #world: World;
  readonly #stacks = new Map<string, StackRecord>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Makes a stack, or updates the one of that name. Answers its ID. */
  seed(stack: SeededStack): string {
    const { name, account = '123456789012', region = 'eu-west-1' } = stack;
    const known = this.#named(name, { account, region });
    const now = new Date(this.#world.now());
    const id =
      known?.view.StackId ?? `arn:aws:cloudformation:${region}:${account}:stack/${name}/${this.#uuid()}`;
    const status = stack.status ?? (known ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE');
    const view = {
      ...{ StackId: id, StackName: name, StackStatus: status },
      ...(stack.statusReason === undefined ? {} : { StackStatusReason: stack.statusReason }),
      ...(stack.description === undefined ? {} : { Description: stack.description }),
      CreationTime: known?.view.CreationTime ?? now,
      ...(known ? { LastUpdatedTime: now } : {}),
      ...(status === 'DELETE_COMPLETE' ? { DeletionTime: now } : {}),
      Parameters: Object.entries(stack.parameters ?? {}).map(([ParameterKey, ParameterValue]) => ({
        ...{ ParameterKey, ParameterValue },
      })),
      ...(stack.outputs === undefined ? {} : { Outputs: outputsOf(stack.outputs) }),
      Tags: Object.entries(stack.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
      RollbackConfiguration: {},
      DisableRollback: false,
      NotificationARNs: [],
      EnableTerminationProtection: false,
      DriftInformation: { StackDriftStatus: 'NOT_CHECKED' as const },
    };
    const resources = (stack.resources ?? []).map(({ logicalId, type, physicalId, status: state }) => ({
      LogicalResourceId: logicalId,
      ...(physicalId === undefined ? {} : { PhysicalResourceId: physicalId }),
      ResourceType: type,
      LastUpdatedTimestamp: now,
      ResourceStatus: state ?? ('CREATE_COMPLETE' as const),
      DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' as const },
    }));
    this.#stacks.set(id, { account, region, view, resources });
    return id;
  }

  /** All that are not deleted, the newest first. */
  list({ account, region }: Place): readonly StackRecord[] {
    return [...this.#stacks.values()]
      .filter((stack) => stack.account === account && stack.region === region && !isDeleted(stack))
      .reverse();
  }

  /** @throws ServiceError `ValidationError`; there is no code of its own for a stack that does not exist. */
  find(nameOrId: string, place: Place): StackRecord {
    const byId = this.#stacks.get(nameOrId);
    const found =
      byId?.account === place.account && byId.region === place.region ? byId : this.#named(nameOrId, place);
    if (found) return found;
    throw new ServiceError('ValidationError', `Stack with id ${nameOrId} does not exist`, 400);
  }

  /** The stack that a resource is part of. @throws ServiceError `ValidationError` */
  owning(physicalId: string, place: Place): StackRecord {
    const found = this.list(place).find(({ resources }) =>
      resources.some(({ PhysicalResourceId }) => PhysicalResourceId === physicalId),
    );
    if (found) return found;
    throw new ServiceError('ValidationError', `Stack for ${physicalId} does not exist`, 400);
  }

  #named(name: string, place: Place): StackRecord | undefined {
    return this.list(place).find(({ view }) => view.StackName === name);
  }

  #uuid(): string {
    const { random } = this.#world;
    return [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join('-');
  }
}

const isDeleted = ({ view }: StackRecord): boolean => view.StackStatus === 'DELETE_COMPLETE';

const outputsOf = (outputs: Readonly<Record<string, string>>): Output[] =>
  Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
