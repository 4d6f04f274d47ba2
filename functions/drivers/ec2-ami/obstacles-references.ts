import {
  type AutoScalingClient,
  type AutoScalingGroup,
  type LaunchTemplateSpecification,
  paginateDescribeAutoScalingGroups,
  paginateDescribeLaunchConfigurations,
} from '@aws-sdk/client-auto-scaling';
import {
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type LaunchTemplateVersion,
  paginateDescribeLaunchTemplateVersions,
} from '@aws-sdk/client-ec2';
import { errorCode } from '../../shared/errors.ts';
import { isPassing } from '../removal-refusals.ts';

type References = Map<string, Set<string>>;

/**
 * Who would launch machines from these images, as clauses by image ID: every launch configuration; of launch templates
 * the default and the latest version, and any other version that an Auto Scaling group names; and what a group's own
 * overrides name. Older versions that nobody names count as history, as they do for the launch wizard of the console.
 */
export async function imageReferences(
  { ec2, autoscaling }: { readonly ec2: EC2Client; readonly autoscaling: AutoScalingClient },
  imageIds: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found: References = new Map();
  const note = (imageId: string | undefined, reason: string) => {
    if (imageId === undefined || !imageIds.has(imageId)) return;
    found.set(imageId, (found.get(imageId) ?? new Set()).add(reason));
  };

  // Without a template the call answers for all of them, and takes just these two words as versions.
  await eachVersion(ec2, { Versions: ['$Default', '$Latest'] }, note);
  for await (const page of paginateDescribeLaunchConfigurations({ client: autoscaling, pageSize: 100 }, {})) {
    for (const { LaunchConfigurationName: name, ImageId } of page.LaunchConfigurations ?? [])
      note(ImageId, `used by launch configuration ${name}`);
  }

  const named = new Map<string, { template: LaunchTemplateSpecification; groups: Set<string> }>();
  for await (const page of paginateDescribeAutoScalingGroups({ client: autoscaling, pageSize: 100 }, {})) {
    for (const group of page.AutoScalingGroups ?? []) {
      const groupName = group.AutoScalingGroupName ?? '';
      for (const { ImageId } of overridesOf(group)) note(ImageId, `used by Auto Scaling group ${groupName}`);
      for (const template of templatesOf(group)) {
        // The default and the latest version have been looked at.
        if (!/^\d+$/.test(template.Version ?? '')) continue;
        const key = `${template.LaunchTemplateId ?? template.LaunchTemplateName} ${template.Version}`;
        const entry = named.get(key) ?? { template, groups: new Set() };
        entry.groups.add(groupName);
        named.set(key, entry);
      }
    }
  }
  for (const { template, groups } of named.values()) {
    const by = `Auto Scaling group ${[...groups].sort().join(', ')}`;
    await unlessGone(() =>
      eachVersion(ec2, questionOf(template), (id, reason) => note(id, `${reason} of ${by}`)),
    );
  }
  return new Map([...found].map(([id, reasons]) => [id, [...reasons].sort()]));
}

interface VersionsQuestion {
  readonly LaunchTemplateId?: string;
  readonly LaunchTemplateName?: string;
  readonly Versions: string[];
}

function questionOf({
  LaunchTemplateId,
  LaunchTemplateName,
  Version = '',
}: LaunchTemplateSpecification): VersionsQuestion {
  // The API takes the ID or the name, and refuses both.
  if (LaunchTemplateId !== undefined) return { LaunchTemplateId, Versions: [Version] };
  return { ...(LaunchTemplateName === undefined ? {} : { LaunchTemplateName }), Versions: [Version] };
}

type Note = (imageId: string | undefined, reason: string) => void;

/** An image may be named by a Systems Manager parameter; those that AWS publishes never name one of ours. */
const ownParameter = /^resolve:ssm:(?!\/aws\/service\/)/;

async function eachVersion(ec2: EC2Client, question: VersionsQuestion, note: Note): Promise<void> {
  const pages = paginateDescribeLaunchTemplateVersions({ client: ec2, pageSize: 200 }, question);
  for await (const page of pages) {
    for (const version of page.LaunchTemplateVersions ?? []) {
      const imageId = version.LaunchTemplateData?.ImageId;
      const resolved = ownParameter.test(imageId ?? '') ? await resolve(ec2, version) : imageId;
      note(resolved, `used by ${nameOf(version)}`);
    }
  }
}

/** The image that a template's parameter means at present; one version at a time, so that a broken one fails alone. */
async function resolve(
  ec2: EC2Client,
  { LaunchTemplateId, VersionNumber }: LaunchTemplateVersion,
): Promise<string | undefined> {
  if (LaunchTemplateId === undefined) return undefined;
  try {
    const { LaunchTemplateVersions = [] } = await ec2.send(
      new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateId,
        Versions: [String(VersionNumber)],
        ResolveAlias: true,
      }),
    );
    return LaunchTemplateVersions[0]?.LaunchTemplateData?.ImageId;
  } catch (error) {
    // A parameter that leads nowhere launches nothing. Not being allowed to look is another matter.
    const code = errorCode(error) ?? '';
    if (isPassing(error) || /^(UnauthorizedOperation|AccessDenied)/.test(code)) throw error;
    return undefined;
  }
}

const nameOf = ({ LaunchTemplateId, VersionNumber }: LaunchTemplateVersion): string =>
  `launch template ${LaunchTemplateId} (version ${VersionNumber})`;

const overridesOf = ({ MixedInstancesPolicy }: AutoScalingGroup) =>
  MixedInstancesPolicy?.LaunchTemplate?.Overrides ?? [];

const templatesOf = (group: AutoScalingGroup): LaunchTemplateSpecification[] =>
  [
    group.LaunchTemplate,
    group.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification,
    ...overridesOf(group).map(({ LaunchTemplateSpecification: template }) => template),
  ].flatMap((template) => template ?? []);

/** A group may name a template or a version that has been deleted since; it launches nothing from it. */
async function unlessGone(ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!/^InvalidLaunchTemplate(Id|Name)\.(NotFound|VersionNotFound)/.test(errorCode(error) ?? ''))
      throw error;
  }
}
