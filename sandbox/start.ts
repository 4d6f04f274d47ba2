import { identityOf, loadEstate } from './estate.ts';
import { readEstate } from './estate-file.ts';
import type { Fault, Faults } from './faults.ts';
import { allDemands, bucketPolicyOf } from './iam/demands.ts';
import { createIam, type Iam, type Policies } from './iam/iam.ts';
import { DEFAULT_IDENTITY, Identities, type Identity } from './identities.ts';
import type { Latency } from './latency.ts';
import { machineNetwork } from './machine-network.ts';
import { createMachines, type Machines } from './machines/machines.ts';
import type { MachineSettings } from './machines/settings.ts';
import { managedInstances } from './managed-instances.ts';
import type { RequestLog } from './requests.ts';
import type { FunctionLogs } from './runtime/logs.ts';
import { createSandboxServer } from './server.ts';
import { createServerless, type Serverless } from './serverless.ts';
import { type AutoScaling, createAutoScaling } from './services/autoscaling/service.ts';
import { type CloudFormation, createCloudFormation } from './services/cloudformation/service.ts';
import { type CloudWatch, createCloudWatch } from './services/cloudwatch/service.ts';
import { defaultVpc } from './services/ec2/model/network.ts';
import type { Ec2Settings } from './services/ec2/model/settings.ts';
import { createEc2, type Ec2 } from './services/ec2/service.ts';
import { createEventBridge, type EventBridge } from './services/eventbridge/service.ts';
import { createLambda, type Lambda } from './services/lambda/service.ts';
import type { LambdaSettings } from './services/lambda/starts.ts';
import { createRds, type Rds } from './services/rds/service.ts';
import { createRoute53, type Route53 } from './services/route53/service.ts';
import { createS3, type S3 } from './services/s3/service.ts';
import { createSns, type Sns } from './services/sns/service.ts';
import { createSsm, type Ssm } from './services/ssm/service.ts';
import { createSts, type Sts } from './services/sts/service.ts';
import type { Throttle } from './throttle.ts';
import { World, type WorldOptions } from './world.ts';

export interface SandboxOptions extends WorldOptions {
  /** Any free one when left out or 0. */
  readonly port?: number;
  /** Path of an estate file. Without one the account holds a default VPC and nothing else. */
  readonly estate?: string;
  /** Real milliseconds added to each answer. */
  readonly latencyMilliseconds?: number;
  /** Whether the documented request rates apply; they do not unless this is set. */
  readonly throttle?: boolean;
  readonly faults?: Iterable<Fault>;
  readonly ec2?: Partial<Ec2Settings>;
  readonly machines?: Partial<MachineSettings>;
  /** sha256 digests of documents and boothooks whose scripts may run on machine trees; all others run isolated or not at all. */
  readonly trustedDocuments?: Iterable<string>;
  /**
   * Policy documents by role ARN: sessions of roles may do what these allow and nothing else. Without any, only bucket
   * policies are judged. The account's own identity may do everything.
   */
  readonly policies?: Policies;
  /** A folder that `cdk synth` wrote: its stacks are deployed, their functions and schedules run. */
  readonly assembly?: string;
  readonly lambda?: LambdaSettings;
  /** Told of every line that deployed functions write. */
  readonly onLogLine?: Parameters<FunctionLogs['onLine']>[0];
  /** Told of mistakes of the sandbox itself, beside `internalErrors`. */
  readonly onInternalError?: (failure: InternalFailure) => void;
}

/** A mistake of the sandbox; `place` is the `service:action` that met it. */
export interface InternalFailure {
  readonly place: string;
  readonly error: unknown;
}

export interface RunningSandbox {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly region: string;
  /** Signs for the account that the estate belongs to. */
  readonly identity: Identity;
  /** What a process needs in its environment so that AWS clients talk to this sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  readonly world: World;
  readonly ec2: Ec2;
  readonly machines: Machines;
  readonly rds: Rds;
  readonly route53: Route53;
  readonly s3: S3;
  readonly sts: Sts;
  readonly ssm: Ssm;
  readonly sns: Sns;
  readonly cloudformation: CloudFormation;
  readonly cloudwatch: CloudWatch;
  readonly eventbridge: EventBridge;
  readonly lambda: Lambda;
  readonly autoscaling: AutoScaling;
  readonly requests: RequestLog;
  readonly faults: Faults;
  readonly throttle: Throttle;
  readonly latency: Latency;
  readonly identities: Identities;
  readonly iam: Iam;
  /** Schedules, dead letters and logs of what is deployed, and the deployment itself. */
  readonly serverless: Serverless;
  /** What went wrong inside the sandbox itself; anything in here is a mistake of it. The first hundred are kept. */
  readonly internalErrors: readonly InternalFailure[];
  /** Ends open connections and removes the machine trees. */
  close(): Promise<void>;
}

/** Region of a sandbox without an estate. */
const defaultRegion = 'eu-west-1';

/**
 * Assembles a world, its services and the server, and listens.
 * @throws EstateError for an estate that cannot be; AssemblyError for an assembly; the system's error (`EADDRINUSE`) for a port that is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const estate = options.estate === undefined ? undefined : readEstate(options.estate);
  const world = new World(options);
  try {
    const identity = estate ? identityOf(estate) : DEFAULT_IDENTITY;
    const region = estate?.region ?? defaultRegion;
    const identities = new Identities([identity]);
    const ec2 = createEc2(world, options.ec2 ? { settings: options.ec2 } : {});
    const rds = createRds(world, { network: (account, name) => databaseNetwork(ec2, account, name) });
    const s3 = createS3(world);
    const sts = createSts(world, { identities });
    const machines = createMachines(world, machineNetwork(ec2, rds), {
      ...(options.machines ? { settings: options.machines } : {}),
      ...(options.trustedDocuments ? { trustedDocuments: options.trustedDocuments } : {}),
    });
    ec2.useMachines(machines.port);
    const instances = managedInstances(world, ec2, machines);
    const ssm = createSsm(world, { instances, runner: machines.runner });
    const sns = createSns(world);
    const cloudformation = createCloudFormation(world);
    const cloudwatch = createCloudWatch();
    const eventbridge = createEventBridge(world);
    const lambda = createLambda(world, options.lambda);
    const route53 = createRoute53(world);
    const autoscaling = createAutoScaling(world);
    const services = {
      ...{ ec2, rds, s3, sts, ssm, sns, lambda, route53 },
      ...{ cloudformation, cloudwatch, eventbridge, autoscaling },
    };
    if (estate) loadEstate(world, { ec2, rds, s3 }, estate);

    const iam = createIam({
      identities,
      demands: allDemands({ ec2, rds, s3 }),
      resourcePolicies: { services: ['s3'], of: (arn) => bucketPolicyOf(s3, arn) },
      ...(options.policies ? { policies: options.policies } : {}),
    });
    const internalErrors: InternalFailure[] = [];
    const onInternalError = (error: unknown, place: string): void => {
      const failure = { place, error };
      if (internalErrors.length < 100) internalErrors.push(failure);
      options.onInternalError?.(failure);
    };
    const serverless = createServerless({
      ...{ world, iam, s3, sns, lambda, cloudformation, cloudwatch, eventbridge, onError: onInternalError },
    });
    if (options.onLogLine) serverless.logs.onLine(options.onLogLine);
    const server = createSandboxServer({
      world,
      identities,
      services: Object.values(services).map(({ service }) => service),
      faults: options.faults ?? [],
      throttling: { enabled: options.throttle ?? false },
      latencyMilliseconds: options.latencyMilliseconds ?? 0,
      authorize: iam.authorize,
      onInternalError,
      serverless,
    });
    await server.listen(options.port);
    const close = async (): Promise<void> => {
      serverless.close();
      await server.close();
      world.close();
    };
    const { url, requests, faults, throttle, latency } = server;
    if (options.assembly !== undefined) {
      try {
        await serverless.deploy({ url, identity, region }, options.assembly);
      } catch (error) {
        await close();
        throw error;
      }
    }
    return {
      ...{ url, region, identity, environment: environmentOf(url, region, identity), world },
      ...services,
      ...{ machines, requests, faults, throttle, latency, identities, iam, serverless, internalErrors },
      close,
    };
  } catch (error) {
    world.close();
    throw error;
  }
}

/** As in an account, databases that name no subnet group live in the default VPC. */
function databaseNetwork(ec2: Ec2, account: string, name: string) {
  const region = ec2.region(name);
  const { vpcId, groupId: securityGroupId } = defaultVpc(region, account);
  const subnets = [...region.subnets.values()].filter((subnet) => subnet.vpcId === vpcId);
  return { vpcId, securityGroupId, subnets: subnets.map(({ id, zone }) => ({ id, zone })) };
}

function environmentOf(url: string, region: string, identity: Identity): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: region,
    // Older AWS CLIs read this name only.
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: identity.accessKeyId,
    AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
    // On a machine in EC2 nobody should ask that machine's own role.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
