import type { ReportedMachine } from '../../catalog/restore-documents.ts';
import type { SourceSelection } from '../../plan/config.ts';
import { changeIfKnown, factsFor } from './addresses.ts';
import type { DatabasesBySource } from './databases.ts';
import type { FactsBySource } from './machines.ts';
import type { Resolved } from './resolve.ts';

interface Findings {
  readonly machines: readonly ReportedMachine[];
  readonly databases: DatabasesBySource;
  readonly facts: FactsBySource;
  readonly completed: boolean;
}

/** What a person still has to do after a restore, one sentence each. */
export function remainsOf(resolved: Resolved, findings: Findings): string[] {
  const { application, request, manifest } = resolved;
  const remains: string[] = [];
  for (const machine of resolved.machines) {
    const known = findings.facts[machine.key];
    if (application === undefined || known === undefined) continue;
    if (changeIfKnown(resolved, machine, known, findings) === undefined) continue;
    remains.push(...application.remains(factsFor(resolved, machine, known, findings)));
  }
  const profile = manifest.application?.profile;
  if (resolved.machines.length > 0 && profile !== undefined && application === undefined) {
    remains.push(
      `Rewrite the configuration of ${profile} by hand, then give the machine its security groups: it is in the quarantine group.`,
    );
  }
  if (application !== undefined && !request.startApplication && resolved.machines.length > 0) {
    const start = application.commands.find(({ purpose }) => purpose === 'start-units')?.document.name;
    remains.push(
      `Start the application when you want it to run: its units are held back${start === undefined ? '' : `, the SSM document ${start} releases and starts them`}.`,
    );
  }
  const both = findings.machines.flatMap(({ old, new: restored }) =>
    old.state === 'running' && restored !== null ? [`${old.id} (now ${restored.id})`] : [],
  );
  if (both.length > 0)
    remains.push(`Retire ${both.join(', ')} when the new one has proved itself: both run.`);
  const databases = Object.entries(findings.databases);
  if (databases.length > 0 && (application === undefined || resolved.machines.length === 0)) {
    const names = databases.flatMap(([, { endpoints }]) =>
      endpoints.map((each) => `${each.old} -> ${each.new}`),
    );
    remains.push(`Tell what uses the databases their new names: ${names.join(', ')}.`);
  }
  return [...remains, ...nextBackup(resolved, findings)];
}

/** A restored source that the plan selects as well, or does not select although it should. */
function nextBackup(resolved: Resolved, { machines, databases }: Findings): string[] {
  const restored = [
    ...machines.map(({ source, old, new: made }) => ({ source, id: made?.id, gone: old.state === 'gone' })),
    ...resolved.databases.map(({ key, order }) => ({
      ...{ source: order.point.source, id: databases[key]?.id, gone: false },
    })),
  ];
  const { plan } = resolved;
  const named: string[] = [];
  const tagged: string[] = [];
  const alive: string[] = [];
  for (const { source, id, gone } of restored) {
    if (id === undefined) continue;
    const selections = plan.sources.filter(({ kind }) => kind === source.kind);
    if (selections.some((selection) => namesIn(selection).includes(source.id))) {
      named.push(`${id} for ${source.id}`);
    } else if (selections.some(({ select }) => 'tags' in select)) {
      tagged.push(id);
      if (!gone) alive.push(source.id);
    }
  }
  const beside =
    alive.length === 0
      ? ''
      : ` beside ${alive.join(', ')}; take the tags off the old ones when they are retired`;
  return [
    ...(tagged.length === 0
      ? []
      : [`The next backup of ${plan.name} takes ${tagged.join(', ')} by its tags${beside}.`]),
    ...(named.length === 0
      ? []
      : [
          `Put ${named.join(', ')} into plans.${plan.name}.sources, or the next backup will not take what was restored.`,
        ]),
  ];
}

const namesIn = ({ select }: SourceSelection): readonly string[] =>
  'ids' in select ? select.ids : 'identifiers' in select ? select.identifiers : [];
