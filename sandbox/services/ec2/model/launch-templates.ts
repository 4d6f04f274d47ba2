import type {
  LaunchTemplateSpecification,
  LaunchTemplateVersion,
  LaunchTemplate as LaunchTemplateView,
  ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { ec2Error, invalidCombination, missingParameter } from '../errors.ts';
import { findOne, kinds } from '../ids.ts';
import type { LaunchTemplate, LaunchTemplateVersionRecord } from './records.ts';
import { ownLookup, type RegionState } from './region.ts';
import { tagList } from './tags.ts';

/** What the chosen version of a template says; by default its default version. */
export function resolveTemplate(
  region: RegionState,
  owner: string,
  wanted: LaunchTemplateSpecification,
): ResponseLaunchTemplateData {
  const template = findTemplate(region, owner, wanted);
  return oneVersion(template, wanted.Version ?? '$Default').data;
}

export function findTemplate(
  region: RegionState,
  owner: string,
  wanted: { LaunchTemplateId?: string | undefined; LaunchTemplateName?: string | undefined },
): LaunchTemplate {
  const { LaunchTemplateId, LaunchTemplateName } = wanted;
  if (LaunchTemplateId !== undefined && LaunchTemplateName !== undefined)
    throw invalidCombination('Give either the ID or the name of the launch template, not both.');
  if (LaunchTemplateId !== undefined)
    return findOne(kinds.launchTemplate, LaunchTemplateId, ownLookup(region.launchTemplates, owner));
  if (LaunchTemplateName === undefined) throw missingParameter('LaunchTemplateId');
  return templateNamed(region, owner, LaunchTemplateName);
}

export function templateNamed(region: RegionState, owner: string, name: string): LaunchTemplate {
  for (const template of region.launchTemplates.values())
    if (template.owner === owner && template.name === name) return template;
  throw ec2Error(
    'InvalidLaunchTemplateName.NotFoundException',
    `The specified launch template, with template name ${name}, does not exist.`,
  );
}

/** Their numbers grow, and the first one is always there. */
export const latestVersion = ({ versions }: LaunchTemplate): number => versions.at(-1)?.number ?? 1;

/** A number, `$Latest` or `$Default`. */
export function oneVersion(template: LaunchTemplate, wanted: string): LaunchTemplateVersionRecord {
  const number =
    wanted === '$Latest'
      ? latestVersion(template)
      : wanted === '$Default'
        ? template.defaultVersion
        : Number(wanted);
  const version = template.versions.find((candidate) => candidate.number === number);
  if (version) return version;
  throw ec2Error(
    'InvalidLaunchTemplateId.VersionNotFound',
    `Could not find the specified version ${wanted} for the launch template with ID ${template.id}.`,
  );
}

export function viewTemplate(template: LaunchTemplate): LaunchTemplateView {
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    CreateTime: new Date(template.createdAt),
    CreatedBy: `arn:aws:iam::${template.owner}:root`,
    DefaultVersionNumber: template.defaultVersion,
    LatestVersionNumber: latestVersion(template),
    Tags: tagList(template.tags),
  };
}

export function viewVersion(
  template: LaunchTemplate,
  version: LaunchTemplateVersionRecord,
): LaunchTemplateVersion {
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    VersionNumber: version.number,
    VersionDescription: version.description,
    CreateTime: new Date(version.createdAt),
    CreatedBy: `arn:aws:iam::${template.owner}:root`,
    DefaultVersion: version.number === template.defaultVersion,
    LaunchTemplateData: version.data,
  };
}
