import type {
  DescribeLaunchTemplatesRequest,
  DescribeLaunchTemplatesResult,
  DescribeLaunchTemplateVersionsRequest,
  DescribeLaunchTemplateVersionsResult,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { endDryRun, invalidCombination, missingParameter } from '../errors.ts';
import { compileFilters, matchingNothing } from '../filters.ts';
import { findAll, kinds } from '../ids.ts';
import {
  findTemplate,
  oneVersion,
  templateNamed,
  viewTemplate,
  viewVersion,
} from '../model/launch-templates.ts';
import type { LaunchTemplate, LaunchTemplateVersionRecord } from '../model/records.ts';
import { type Ec2Shared, ownedBy, visibleLookup } from '../model/region.ts';
import { paginate } from '../pages.ts';

/** DescribeLaunchTemplates and DescribeLaunchTemplateVersions. */
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
      LaunchTemplates: page.items.map(viewTemplate),
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
  const last = Number(input.MaxVersion ?? versionsPerTemplate);
  return template.versions.filter(({ number }) => number >= first && number <= last).toReversed();
}
