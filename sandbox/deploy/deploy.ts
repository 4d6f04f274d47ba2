/** Deploys a cloud assembly into the sandbox: its templates become resources, its bundles run. */
import { PolicyError } from '../iam/policy.ts';
import { readTemplate } from '../iam/template.ts';
import { TemplateError, TemplateValues } from '../iam/template-values.ts';
import { AssemblyError, type AssemblyStack, readAssembly } from './assembly.ts';
import { type DeployedFunction, deployFunction } from './functions.ts';
import { deploySchedule } from './schedules.ts';
import { storage } from './storage.ts';
import type { DeployTarget, StackUnderWay } from './target.ts';
import { type TestEvents, testEventsOf, testEventTypes } from './test-events.ts';

export interface DeployedStack {
  readonly name: string;
  readonly region: string;
  readonly functions: readonly DeployedFunction[];
  /** Names, in the order of the template. */
  readonly schedules: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  /** By the functions that they are for. */
  readonly testEvents: Readonly<Record<string, TestEvents>>;
  /** Types of resources that the sandbox has nothing for, with how many of them there are. */
  readonly notSimulated: Readonly<Record<string, number>>;
  /** Sentences for the person who deploys. */
  readonly notes: readonly string[];
}

export interface Deployment {
  readonly stacks: readonly DeployedStack[];
  /** In that Region, or in the first that has it. */
  functionNamed(name: string, region?: string): DeployedFunction | undefined;
  /** Ends all processes. */
  close(): void;
}

/** Types that are part of others: of functions, their versions and logs, and of the schedules' and roles' reading. */
const included = new Set([
  'AWS::IAM::Role',
  'AWS::Lambda::Function',
  'AWS::Lambda::Version',
  'AWS::Lambda::Alias',
  'AWS::Logs::LogGroup',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::Scheduler::Schedule',
  // Metadata of the CDK itself, with nothing behind it.
  'AWS::CDK::Metadata',
  ...testEventTypes,
]);

/** @throws AssemblyError for a folder that is no assembly, and for templates that the sandbox cannot make anything of */
export async function deployAssembly(target: DeployTarget, folder: string): Promise<Deployment> {
  const stacks: DeployedStack[] = [];
  const functionNamed = (name: string, region?: string) =>
    stacks
      .filter((stack) => region === undefined || stack.region === region)
      .flatMap(({ functions }) => functions)
      .find((each) => each.name === name);
  const close = (): void => {
    for (const { functions } of stacks) for (const { processes } of functions) processes.close();
  };
  try {
    for (const stack of readAssembly(folder)) stacks.push(await deployStack(target, stack));
  } catch (error) {
    close();
    throw toAssemblyError(error);
  }
  return { stacks, functionNamed, close };
}

function toAssemblyError(error: unknown): unknown {
  if (!(error instanceof TemplateError || error instanceof PolicyError)) return error;
  return new AssemblyError(
    `The template cannot be deployed here: ${error.message}.`,
    'The sandbox reads what the stacks of Snapkeep are made of.',
    error,
  );
}

async function deployStack(target: DeployTarget, stack: AssemblyStack): Promise<DeployedStack> {
  const { account } = target.identity;
  const region = stack.region ?? target.region;
  const place = { account, region, stackName: stack.name };
  const values = new TemplateValues(stack.template, place);
  const permissions = readTemplate(stack.template, place);
  const notes: string[] = [];
  const under: StackUnderWay = {
    ...{ target, stack, values, permissions, place: { account, region } },
    note: (text) => notes.push(text),
  };
  for (const { arn, documents } of permissions.roles) target.iam.setPolicies(arn, documents);
  for (const [type, make] of Object.entries(storage))
    for (const resource of values.ofType(type)) await make(under, resource);
  const functions = values.ofType('AWS::Lambda::Function').map((each) => deployFunction(under, each));
  const outputs = outputsOf(stack.template, values);
  const resources = values.all();
  target.cloudformation.seedStack({
    ...{ name: stack.name, account, region, outputs },
    resources: resources.map(({ logicalId, type }) => ({ logicalId, type })),
  });
  // Last: a schedule may call its function at once.
  const schedules = values.ofType('AWS::Scheduler::Schedule').map((each) => deploySchedule(under, each));
  const notSimulated: Record<string, number> = {};
  for (const { type } of resources)
    if (!included.has(type) && !(type in storage)) notSimulated[type] = (notSimulated[type] ?? 0) + 1;
  const testEvents = testEventsOf(under);
  return { name: stack.name, region, functions, schedules, outputs, testEvents, notSimulated, notes };
}

function outputsOf(template: unknown, values: TemplateValues): Record<string, string> {
  const { Outputs } = values.object(template);
  return Object.fromEntries(
    Object.entries(values.object(Outputs)).map(([name, output]) => [
      name,
      values.text(values.object(output).Value),
    ]),
  );
}
