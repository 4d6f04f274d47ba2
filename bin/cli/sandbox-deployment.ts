import { lines, plural } from './text.ts';

/** What was deployed in the sandbox, as far as it is shown. */
export interface ShownDeployment {
  readonly stacks: readonly {
    readonly name: string;
    readonly region: string;
    readonly functions: readonly { readonly name: string; readonly durable: boolean }[];
    readonly outputs: Readonly<Record<string, string>>;
    /** Test events of the console, by function and name. */
    readonly testEvents: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly notSimulated: Readonly<Record<string, number>>;
    readonly notes: readonly string[];
  }[];
}

export interface ShownSchedule {
  readonly name: string;
  readonly arn: string;
  readonly expression: string;
  readonly timezone: string;
  /** Sandbox time in milliseconds; undefined when there is no further run. */
  readonly nextRun: number | undefined;
}

const nextRunOf = ({ nextRun }: ShownSchedule): string | null =>
  nextRun === undefined ? null : new Date(nextRun).toISOString().replace(/\.\d+Z$/, 'Z');

const inRegion = (schedules: readonly ShownSchedule[], region: string): readonly ShownSchedule[] =>
  schedules.filter(({ arn }) => arn.split(':')[3] === region);

export function deploymentAsJson({ stacks }: ShownDeployment, schedules: readonly ShownSchedule[]) {
  return stacks.map(({ name, region, functions, outputs, notSimulated, notes }) => ({
    ...{ name, region, functions: functions.map((each) => each.name), outputs, notSimulated, notes },
    schedules: inRegion(schedules, region).map((each) => ({ name: each.name, nextRun: nextRunOf(each) })),
  }));
}

/** @param folder as the user named it */
export function deploymentAsText(
  { stacks }: ShownDeployment,
  schedules: readonly ShownSchedule[],
  { folder, url }: { readonly folder: string; readonly url: string },
): string {
  const [first] = stacks;
  const restore = first?.functions.find(({ name }) => name.endsWith('-restore'));
  const dryRun = Object.keys(first?.testEvents[restore?.name ?? ''] ?? {}).find((name) =>
    /^dry-run/.test(name),
  );
  const [schedule] = schedules;
  return lines([
    '',
    ...stacks.flatMap((stack) => stackLines(stack, inRegion(schedules, stack.region), folder)),
    'To see it work:',
    ...(schedule === undefined
      ? []
      : [`  curl -X POST ${url}/_sandbox/schedules/${schedule.name}/fire    runs a schedule now`]),
    `  curl ${url}/_sandbox/executions    durable executions, with their history`,
    ...(restore === undefined
      ? []
      : [`  curl '${url}/_sandbox/logs?function=${restore.name}'    what a function wrote`]),
    ...(restore === undefined || dryRun === undefined
      ? []
      : [
          `  curl -X POST ${url}/_sandbox/tests/${restore.name}/${dryRun}    presses Test in the console, with a deployed event`,
        ]),
    'and, with the configuration that was synthesized, what a restore would do, as the deployed function tells it:',
    '  npm run snapkeep -- restore latest --plan PLAN --dry-run --deployed -c FILE',
  ]);
}

function stackLines(
  { name, region, functions, notSimulated, notes }: ShownDeployment['stacks'][number],
  schedules: readonly ShownSchedule[],
  folder: string,
): string[] {
  const wide = Math.max(0, ...schedules.map((each) => each.name.length));
  const missing = Object.entries(notSimulated).map(([type, count]) =>
    count === 1 ? type : `${type} (${count})`,
  );
  return [
    `Deployed ${name} from ${folder}, in ${region}: ${plural(functions.length, 'function')}, each under its own role.`,
    ...functions.map((each) => `  ${each.name}${each.durable ? ' (durable)' : ''}`),
    ...(schedules.length === 0 ? [] : ['Schedules, with their next run:']),
    ...schedules.map(
      (each) =>
        `  ${each.name.padEnd(wide)}  ${nextRunOf(each) ?? 'none'}  ${each.expression} ${each.timezone}`,
    ),
    ...(missing.length === 0 ? [] : [`Not simulated: ${missing.join(', ')}.`]),
    ...notes,
    '',
  ];
}
