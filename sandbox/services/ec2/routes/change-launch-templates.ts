import type {
  CreateLaunchTemplateRequest,
  CreateLaunchTemplateResult,
  CreateLaunchTemplateVersionRequest,
  CreateLaunchTemplateVersionResult,
  DeleteLaunchTemplateRequest,
  DeleteLaunchTemplateResult,
  ModifyLaunchTemplateRequest,
  ModifyLaunchTemplateResult,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidValue, missingParameter } from '../errors.ts';
import {
  findTemplate,
  latestVersion,
  oneVersion,
  viewTemplate,
  viewVersion,
} from '../model/launch-templates.ts';
import type { LaunchTemplate, LaunchTemplateVersionRecord } from '../model/records.ts';
import type { Ec2Shared, RegionState } from '../model/region.ts';
import { readTagSpecifications, tagsFor } from '../model/tags.ts';

const nameForm = /^[a-zA-Z0-9().\-/_]{3,128}$/;

/** Templates are kept as they are given; what they name is looked at only when somebody launches from them, as on AWS. */
export function changeLaunchTemplateRoutes(shared: Ec2Shared) {
  const CreateLaunchTemplate: Handler<CreateLaunchTemplateRequest, CreateLaunchTemplateResult> = (
    input,
    { region: regionName, caller, now },
  ) => {
    const region = shared.region(regionName);
    const name = input.LaunchTemplateName ?? '';
    checkName(region, caller.account, name);
    checkDescription(input.VersionDescription);
    if (input.LaunchTemplateData === undefined) throw missingParameter('LaunchTemplateData');
    const tags = readTagSpecifications(input.TagSpecifications, ['launch-template']);
    endDryRun(input.DryRun);
    const template: LaunchTemplate = {
      ...region.newResource(caller.account, 'lt-', tagsFor(tags, 'launch-template')),
      name,
      defaultVersion: 1,
      versions: [
        {
          number: 1,
          createdAt: now,
          description: input.VersionDescription,
          data: input.LaunchTemplateData,
        },
      ],
    };
    region.launchTemplates.set(template.id, template);
    return { LaunchTemplate: viewTemplate(template) };
  };

  const CreateLaunchTemplateVersion: Handler<
    CreateLaunchTemplateVersionRequest,
    CreateLaunchTemplateVersionResult
  > = (input, { region, caller, now }) => {
    const template = findTemplate(shared.region(region), caller.account, input);
    checkDescription(input.VersionDescription);
    if (input.LaunchTemplateData === undefined) throw missingParameter('LaunchTemplateData');
    // "Any parameters specified in LaunchTemplateData overwrite the same parameters in the source version."
    const source = input.SourceVersion === undefined ? undefined : oneVersion(template, input.SourceVersion);
    endDryRun(input.DryRun);
    const version: LaunchTemplateVersionRecord = {
      number: latestVersion(template) + 1,
      createdAt: now,
      description: input.VersionDescription,
      data: { ...source?.data, ...given(input.LaunchTemplateData) },
    };
    template.versions.push(version);
    return { LaunchTemplateVersion: viewVersion(template, version) };
  };

  const ModifyLaunchTemplate: Handler<ModifyLaunchTemplateRequest, ModifyLaunchTemplateResult> = (
    input,
    { region, caller },
  ) => {
    const template = findTemplate(shared.region(region), caller.account, input);
    if (input.DefaultVersion === undefined) throw missingParameter('SetDefaultVersion');
    const { number } = oneVersion(template, input.DefaultVersion);
    endDryRun(input.DryRun);
    template.defaultVersion = number;
    return { LaunchTemplate: viewTemplate(template) };
  };

  const DeleteLaunchTemplate: Handler<DeleteLaunchTemplateRequest, DeleteLaunchTemplateResult> = (
    input,
    { region: regionName, caller },
  ) => {
    const region = shared.region(regionName);
    const template = findTemplate(region, caller.account, input);
    endDryRun(input.DryRun);
    region.launchTemplates.delete(template.id);
    return { LaunchTemplate: viewTemplate(template) };
  };

  return { CreateLaunchTemplate, CreateLaunchTemplateVersion, ModifyLaunchTemplate, DeleteLaunchTemplate };
}

function checkName(region: RegionState, owner: string, name: string): void {
  if (!nameForm.test(name))
    throw ec2Error(
      'InvalidLaunchTemplateName.MalformedException',
      `The launch template name ${name} is malformed: 3 to 128 letters, digits and ( ) . - / _`,
    );
  for (const template of region.launchTemplates.values())
    if (template.owner === owner && template.name === name)
      throw ec2Error(
        'InvalidLaunchTemplateName.AlreadyExistsException',
        `Launch template name already in use: ${name}`,
      );
}

function checkDescription(description: string | undefined): void {
  if (description !== undefined && description.length > 255)
    throw invalidValue('The version description may have at most 255 characters.');
}

/** Members that the request did not have must not hide those of the source version. */
const given = <T extends object>(data: T): Partial<T> =>
  // Object.fromEntries forgets the keys' types; these are T's own members, some of them left out.
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as Partial<T>;
