import type {
  DescribeLaunchTemplatesRequest,
  DescribeLaunchTemplatesResult,
  DescribeLaunchTemplateVersionsRequest,
  DescribeLaunchTemplateVersionsResult,
  LaunchTemplateSpecification,
  LaunchTemplateVersion,
  ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidCombination, missingParameter } from '../errors.ts';
import { compileFilters, matchingNothing } from '../filters.ts';
import { findAll, findOne, kinds } from '../ids.ts';
import type { LaunchTemplate, LaunchTemplateVersionRecord } from '../model/records.ts';
import { type Ec2Shared, ownedBy, ownLookup, type RegionState, visibleLookup } from '../model/region.ts';
import { tagList } from '../model/tags.ts';
import { paginate } from '../pages.ts';

/** DescribeLaunchTemplates and DescribeLaunchTemplateVersions: enough to find the AMIs that templates refer to. */
export function launchTemplateRoutes(shared: Ec2Shared) {
  const DescribeLaunchTemplates: Handler<DescribeLaunchTemplatesRequest, DescribeLaunchTemplatesResult> = (
    input,
    { region: name, caller, now },
  ) => {
    const region = shared.region(name);
    const matches = compileFilters<LaunchTemplate>(
      input.Filters,
      {
        'create-time': (template) => new Date(template.createdAt).toISOString(),
        'launch-template-name': (template) => template.name,
      },
      (template) => template.tags,
    );
    const byId = findAll(
      kinds.launchTemplate,
      input.LaunchTemplateIds ?? [],
      visibleLookup(region.launchTemplates, caller.account, now),
    );
    const byName = (input.LaunchTemplateNames ?? []).map((wanted) =>
      templateNamed(region, caller.account, wanted),
    );
    const chosen = [...byId, ...byName];
    const asked = chosen.length > 0 ? chosen : [...ownedBy(region.launchTemplates, caller.account, now)];
    const page = paginate(asked.filter(matches), {
      maxResults: input.MaxResults,
      nextToken: input.NextToken,
      scope: 'DescribeLaunchTemplates',
      minimum: 1,
      maximum: 200,
    });
    endDryRun(input.DryRun);
    return {
      LaunchTemplates: page.items.map((template) => ({
        LaunchTemplateId: template.id,
        LaunchTemplateName: template.name,
        CreateTime: new Date(template.createdAt),
        CreatedBy: `arn:aws:iam::${template.owner}:root`,
        DefaultVersionNumber: template.defaultVersion,
        LatestVersionNumber: template.versions.length,
        Tags: tagList(template.tags),
      })),
      NextToken: page.nextToken,
    };
  };

  const DescribeLaunchTemplateVersions: Handler<
    DescribeLaunchTemplateVersionsRequest,
    DescribeLaunchTemplateVersionsResult
  > = (input, { region: name, caller }) => {
    const region = shared.region(name);
    const named = input.LaunchTemplateId !== undefined || input.LaunchTemplateName !== undefined;
    if (!named) checkVersionsOfAll(input);
    const templates = named
      ? [findTemplate(region, caller.account, input)]
      : [...region.launchTemplates.values()].filter(({ owner }) => owner === caller.account);
    const versions = templates.flatMap((template) =>
      chosenVersions(template, input).map((version) => ({
        // Versions have no place of their own in the Region's order: pages count within this answer, newest first.
        order: (template.order + 1) * versionsPerTemplate - version.number,
        view: viewVersion(template, version),
        data: version.data,
      })),
    );
    const matches = compileFilters<(typeof versions)[number]>(input.Filters, {
      ...matchingNothing(
        'host-resource-group-arn',
        'http-protocol-ipv4',
        'kernel-id',
        'license-configuration-arn',
        'network-card-index',
        'ram-disk-id',
      ),
      'create-time': ({ view }) => view.CreateTime?.toISOString(),
      'http-endpoint': ({ data }) => data.MetadataOptions?.HttpEndpoint,
      'http-tokens': ({ data }) => data.MetadataOptions?.HttpTokens,
      'image-id': ({ data }) => data.ImageId,
      'instance-type': ({ data }) => data.InstanceType,
      'is-default-version': ({ view }) => view.DefaultVersion,
      'ebs-optimized': ({ data }) => data.EbsOptimized,
      'iam-instance-profile': ({ data }) => data.IamInstanceProfile?.Arn ?? data.IamInstanceProfile?.Name,
    });
    const page = paginate(versions.filter(matches), {
      maxResults: input.MaxResults,
      nextToken: input.NextToken,
      scope: 'DescribeLaunchTemplateVersions',
      minimum: 1,
      maximum: 200,
    });
    endDryRun(input.DryRun);
    return { LaunchTemplateVersions: page.items.map(({ view }) => view), NextToken: page.nextToken };
  };

  return { DescribeLaunchTemplates, DescribeLaunchTemplateVersions };
}

/** "Launch templates: 5,000 per Region; 10,000 versions per template." */
const versionsPerTemplate = 100_000;

/** Of all templates at once only the default and the latest versions can be asked for. */
function checkVersionsOfAll({ Versions = [] }: DescribeLaunchTemplateVersionsRequest): void {
  if (Versions.length === 0) throw missingParameter('LaunchTemplateId');
  for (const version of Versions)
    if (version !== '$Default' && version !== '$Latest')
      throw invalidCombination(
        `The version ${version} needs the launch template to be named; of all templates there are $Default and $Latest.`,
      );
}

/** What the chosen version of a template says; by default its default version. */
export function resolveTemplate(
  region: RegionState,
  owner: string,
  wanted: LaunchTemplateSpecification,
): ResponseLaunchTemplateData {
  const template = findTemplate(region, owner, wanted);
  return oneVersion(template, wanted.Version ?? '$Default').data;
}

function findTemplate(
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

function templateNamed(region: RegionState, owner: string, name: string): LaunchTemplate {
  for (const template of region.launchTemplates.values())
    if (template.owner === owner && template.name === name) return template;
  throw ec2Error(
    'InvalidLaunchTemplateName.NotFoundException',
    `The specified launch template, with template name ${name}, does not exist.`,
  );
}

function oneVersion(template: LaunchTemplate, wanted: string): LaunchTemplateVersionRecord {
  const number =
    wanted === '$Latest'
      ? template.versions.length
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

function chosenVersions(
  template: LaunchTemplate,
  input: DescribeLaunchTemplateVersionsRequest,
): readonly LaunchTemplateVersionRecord[] {
  if (input.Versions?.length) {
    // The default and the latest version may be the same one.
    const chosen = new Set(input.Versions.map((wanted) => oneVersion(template, wanted)));
    return [...chosen].sort((a, b) => b.number - a.number);
  }
  const first = Number(input.MinVersion ?? 1);
  const last = Number(input.MaxVersion ?? template.versions.length);
  return template.versions.filter(({ number }) => number >= first && number <= last).toReversed();
}

function viewVersion(template: LaunchTemplate, version: LaunchTemplateVersionRecord): LaunchTemplateVersion {
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
