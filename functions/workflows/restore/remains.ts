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
    if (changeIfKnown(resolved, machine, known, findings.databases) === undefined) continue;
    remains.push(...application.remains(factsFor(resolved, machine, known, findings.databases)));
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
  for (const { old, new: restored } of findings.machines) {
    if (old.state === 'running' && restored !== null) {
      remains.push(`Retire ${old.id} when ${restored.id} has proved itself: both run.`);
    }
  }
  const databases = Object.entries(findings.databases);
  if (databases.length > 0 && application === undefined) {
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
  return restored.flatMap(({ source, id, gone }) => {
    if (id === undefined) return [];
    const selections = plan.sources.filter(({ kind }) => kind === source.kind);
    if (selections.some((selection) => namesIn(selection).includes(source.id))) {
      return [
        `Put ${id} into plans.${plan.name}.sources: it names ${source.id}, and the next backup will not take ${id}.`,
      ];
    }
    if (selections.some(({ select }) => 'tags' in select)) {
      const old = gone ? '' : ` beside ${source.id}; take the tags off that one when it is retired`;
      return [`The next backup of ${plan.name} takes ${id} by its tags${old}.`];
    }
    return [];
  });
}

const namesIn = ({ select }: SourceSelection): readonly string[] =>
  'ids' in select ? select.ids : 'identifiers' in select ? select.identifiers : [];
