/** What each Systems Manager operation of the sandbox asks of policies. */
import type {
  CreateDocumentRequest,
  DeleteParameterRequest,
  DescribeDocumentRequest,
  GetParametersRequest,
  PutParameterRequest,
  SendCommandRequest,
} from '@aws-sdk/client-ssm';
import type { RequestContext } from '../../service.ts';
import type { RegionState } from '../../services/ec2/model/region.ts';
import {
  arnOf,
  type Demands,
  demand,
  requestTags,
  type ServiceDemands,
  type Target,
  tagValues,
  wholesale,
} from './demand.ts';
import { Ec2Resources } from './ec2-resources.ts';

/** Whoever may ask these may ask them of every command and machine of the account. */
const lists = [
  ...['CancelCommand', 'DescribeInstanceInformation', 'GetCommandInvocation', 'ListCommandInvocations'],
  ...['ListCommands', 'ListDocuments'],
];

export function systemsManagerDemands(regionOf: (name: string) => RegionState): ServiceDemands {
  const onDocument =
    (name: string): Demands<DescribeDocumentRequest> =>
    (input, request) => [demand(`ssm:${name}`, document(input.Name ?? '', request))];
  const onParameter =
    (name: string): Demands<DeleteParameterRequest> =>
    (input, request) => [demand(`ssm:${name}`, parameterOf(input.Name ?? '', request))];
  return {
    ...wholesale('ssm', lists),
    ...Object.fromEntries(
      [
        'DeleteDocument',
        'DescribeDocument',
        'GetDocument',
        'UpdateDocument',
        'UpdateDocumentDefaultVersion',
      ].map((name) => [name, onDocument(name)]),
    ),
    ...Object.fromEntries(['DeleteParameter', 'GetParameter'].map((name) => [name, onParameter(name)])),
    CreateDocument: (input: CreateDocumentRequest, request) => [
      demand('ssm:CreateDocument', document(input.Name ?? '', request), {
        ...requestTags(input.Tags),
        'ssm:DocumentType': input.DocumentType,
      }),
      ...(input.Tags?.length
        ? [demand('ssm:AddTagsToResource', document(input.Name ?? '', request), requestTags(input.Tags))]
        : []),
    ],
    GetParameters: (input: GetParametersRequest, request) =>
      (input.Names ?? []).map((name) => demand('ssm:GetParameters', parameterOf(name, request))),
    PutParameter: (input: PutParameterRequest, request) => [
      demand('ssm:PutParameter', parameterOf(input.Name ?? '', request), {
        ...requestTags(input.Tags),
        'ssm:Overwrite': String(input.Overwrite ?? false),
      }),
    ],

    /** Judged apart on the document and on every machine; tags of machines count under either name. */
    SendCommand(input: SendCommandRequest, request) {
      const ec2 = new Ec2Resources(regionOf(request.region), request);
      const machine = (id: string): Target => {
        const tags = [...(ec2.instance(id)?.tags ?? [])];
        return { ...ec2.of('instance', id), context: machineKeys(tags) };
      };
      // A command that aims by tags is judged on every machine that has them ("aws:resourceTag" targets of Run Command).
      const aimed = (input.Targets ?? []).flatMap(({ Key = '', Values = [] }) => {
        const key = /^tag:(.*)$/s.exec(Key)?.[1];
        if (Key === 'InstanceIds') return Values;
        return [...ec2.region.instances.values()].flatMap(({ id, tags }) =>
          key !== undefined && Values.includes(tags.get(key) ?? '') ? [id] : [],
        );
      });
      return [
        document(input.DocumentName ?? '', request),
        ...[...(input.InstanceIds ?? []), ...aimed].map(machine),
      ].map((target) => demand('ssm:SendCommand', target));
    },
  };
}

const machineKeys = (tags: readonly (readonly [string, string])[]) => ({
  ...tagValues('aws:ResourceTag/', tags),
  ...tagValues('ssm:resourceTag/', tags),
});

/** Documents of AWS itself have no account in their ARN, so naming an own one is enough to keep them out. */
function document(name: string, { region, caller }: RequestContext): Target {
  if (name.startsWith('arn:')) return { resource: name };
  const account = /^(AWS|Amazon)/.test(name) ? '' : caller.account;
  return { resource: arnOf({ service: 'ssm', region, account, resource: `document/${name}` }) };
}

/** The slash of a path takes the place of the one in the ARN. */
export function parameterOf(name: string, { region, caller }: RequestContext): Target {
  const resource = `parameter/${name.replace(/^\//, '')}`;
  return { resource: arnOf({ service: 'ssm', region, account: caller.account, resource }) };
}
