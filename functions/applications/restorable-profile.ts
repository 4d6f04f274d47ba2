import { usageError } from '../shared/errors.ts';
import { documentsOf, type SsmDocument } from './documents.ts';
import { rewriteValues, stepParameters, valuesFor } from './parameters.ts';
import type { FileRule, Profile } from './profile.ts';
import type { CommandFacts, RestorableApplication, RestoreCommand, RewriteSummary } from './restore-port.ts';
import { readSummary } from './summary.ts';
import { systemRules } from './system-rules.ts';
import { launchUserData } from './user-data.ts';

/** What a restore needs of a profile. */
export function restorable(profile: Profile, deployment: string): RestorableApplication {
  const documents = documentsOf(profile, deployment);
  return {
    name: profile.name,
    units: profile.units,
    commands: documents.flatMap((document) => commandOf(profile, document) ?? []),
    documents,
    launchUserData: (options) => {
      try {
        return launchUserData(profile.units, options);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw usageError(
          `the user data of the restored machine cannot be made: ${error.message}`,
          'restore with userData: skip, and run the old user data by hand',
          error,
        );
      }
    },
    fileRules: [...profile.files, ...systemRules].map(describeRule),
    readSummary: (stdout) => toSummary(stdout),
    remains: (facts) => remainsOf(profile, facts),
  };
}

/** Undefined for `undo`, which is no part of a restore. */
function commandOf(profile: Profile, document: SsmDocument): RestoreCommand | undefined {
  const { action, timeoutSeconds } = document;
  const parameterNames = Object.keys(document.parameters);
  const base = { name: action, document, timeoutSeconds, parameterNames };
  if (action === 'rewrite') {
    return {
      ...{ ...base, purpose: 'rewrite', onFailure: 'stop', startsApplication: false },
      title: 'replace old addresses and names in the configuration',
      parameters: rewriteParametersOf,
    };
  }
  if (action === 'start-units') {
    const units = profile.units.join(', ');
    return {
      ...{ ...base, purpose: 'start-units', onFailure: 'stop', startsApplication: true },
      title: units === '' ? 'no units are held back' : `release and start ${units}`,
      parameters: () => ({}),
    };
  }
  const step = profile.steps.find(({ name }) => action === `step-${name}`);
  const check = profile.checks.find(({ name }) => action === `check-${name}`);
  const found = step ?? check;
  if (found === undefined) return undefined;
  return {
    ...{ ...base, purpose: step ? 'step' : 'check', onFailure: found.onFailure, startsApplication: true },
    title: found.title ?? found.name.replaceAll('-', ' '),
    parameters: stepParametersOf,
  };
}

const rewriteParametersOf = ({ restoreId, change, sshHostKeys }: CommandFacts) =>
  rewriteValues({ restoreId, ...change, sshHostKeys });

const stepParametersOf = (facts: CommandFacts) =>
  valuesFor(stepParameters, {
    RestoreId: facts.restoreId,
    // Empty means: it stays as it is.
    ServiceName: facts.serviceName === facts.oldServiceName ? undefined : facts.serviceName,
    PrivateAddress: facts.privateAddress,
    PublicAddress: facts.publicAddress,
  });

function describeRule({
  glob,
  whenExists,
  format,
  keepComments,
  keys,
  neverKeys,
  dropOptions,
}: FileRule): string {
  const details = [
    format,
    ...(keys === undefined ? [] : [`only ${keys.join(', ')}`]),
    ...(neverKeys === undefined ? [] : [`never ${neverKeys.join(', ')}`]),
    ...(dropOptions === undefined ? [] : [`${dropOptions.join(', ')} goes when there is no such address`]),
    ...(keepComments || format === 'hosts' ? ['comments stay'] : []),
    ...(whenExists === undefined ? [] : [`where ${whenExists} exists`]),
  ];
  return `${glob} (${details.join('; ')})`;
}

function toSummary(stdout: string): RewriteSummary {
  const { changed, left, digest } = readSummary(stdout);
  return {
    changed: changed.map(({ path, replacements }) => ({ path, replacements })),
    left: left.map(({ path, outcome, remark }) => ({ path, reason: remark === '' ? outcome : remark })),
    ...(digest === undefined ? {} : { digest }),
  };
}

function remainsOf(
  profile: Profile,
  { change, serviceName, oldServiceName }: CommandFacts,
): readonly string[] {
  const moved = change.gone.length > 0 || change.replacements.some(({ what }) => what.includes('address'));
  const applies = {
    always: true,
    'address-changed': moved,
    'service-name-changed': serviceName !== oldServiceName,
  };
  return profile.remains.filter(({ when }) => applies[when]).map(({ text }) => text.trim());
}
