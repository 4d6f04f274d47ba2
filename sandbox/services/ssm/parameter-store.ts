import type {
  DeleteParameterRequest,
  GetParameterRequest,
  GetParameterResult,
  GetParametersRequest,
  GetParametersResult,
  Parameter,
  PutParameterRequest,
  PutParameterResult,
} from '@aws-sdk/client-ssm';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import { checkConstraints, lengthBetween, oneOf } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';
import { parameterAlreadyExists, parameterNotFound, validationException } from './errors.ts';
import type { StoredParameter } from './model.ts';
import type { SsmRegion, SsmState } from './state.ts';

/** PutParameter, GetParameter, GetParameters, DeleteParameter: the latest version of a parameter, as plain text. */
export function parameterStoreHandlers(state: SsmState) {
  const place = (request: RequestContext) =>
    state.at({ account: request.caller.account, region: request.region });

  return {
    PutParameter(input: Decoded<PutParameterRequest>, request: RequestContext): PutParameterResult {
      checkConstraints('ValidationException', [
        lengthBetween('name', input.Name, 1, 2048),
        oneOf('type', input.Type, ['SecureString', 'StringList', 'String']),
      ]);
      if (!/^\/?[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/.test(input.Name) || /^\/?(aws|ssm)/i.test(input.Name)) {
        throw validationException(
          'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). It can only contain a-zA-Z0-9_.- and / to separate levels.',
        );
      }
      const { parameters } = place(request);
      const existing = parameters.get(input.Name);
      if (existing && !input.Overwrite) {
        throw parameterAlreadyExists(
          'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
        );
      }
      const type = input.Type ?? existing?.type;
      if (type === undefined)
        throw validationException('A parameter type is required when you create a parameter.');
      if (Buffer.byteLength(input.Value) > (input.Tier === 'Advanced' ? 8192 : 4096)) {
        throw validationException(
          'Standard tier parameters support a maximum parameter value of 4096 characters.',
        );
      }
      if (input.AllowedPattern && !new RegExp(input.AllowedPattern).test(input.Value)) {
        throw new ServiceError(
          'ParameterPatternMismatchException',
          `Parameter value, cannot be validated against allowedPattern: ${input.AllowedPattern}`,
          400,
        );
      }
      const version = (existing?.version ?? 0) + 1;
      parameters.set(input.Name, {
        name: input.Name,
        type,
        value: input.Value,
        version,
        modifiedAt: request.now,
        dataType: input.DataType ?? 'text',
      });
      return { Version: version, Tier: input.Tier ?? 'Standard' };
    },

    GetParameter(input: Decoded<GetParameterRequest>, request: RequestContext): GetParameterResult {
      const region = place(request);
      const parameter = find(region, input.Name);
      if (!parameter) throw parameterNotFound('');
      return { Parameter: view(region, parameter) };
    },

    GetParameters(input: Decoded<GetParametersRequest>, request: RequestContext): GetParametersResult {
      const region = place(request);
      checkConstraints('ValidationException', [lengthBetween('names', input.Names, 1, 10)]);
      const found = input.Names.flatMap((name) => find(region, name) ?? []);
      return {
        Parameters: found.map((parameter) => view(region, parameter)),
        InvalidParameters: input.Names.filter((name) => !find(region, name)),
      };
    },

    DeleteParameter(input: Decoded<DeleteParameterRequest>, request: RequestContext): object {
      if (!place(request).parameters.delete(input.Name)) throw parameterNotFound('');
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}

/** By name, `<name>:<version>` or ARN. */
function find({ parameters }: SsmRegion, reference: string): StoredParameter | undefined {
  const path = reference.startsWith('arn:') ? reference.split(':parameter')[1] : reference;
  const [name = '', version] = (path ?? '').split(':');
  const parameter = parameters.get(name) ?? parameters.get(name.replace(/^\//, ''));
  return version === undefined || version === String(parameter?.version) ? parameter : undefined;
}

const view = (region: SsmRegion, parameter: StoredParameter): Parameter => ({
  Name: parameter.name,
  Type: parameter.type,
  Value: parameter.value,
  Version: parameter.version,
  LastModifiedDate: new Date(parameter.modifiedAt),
  ARN: `arn:aws:ssm:${region.region}:${region.account}:parameter/${parameter.name.replace(/^\//, '')}`,
  DataType: parameter.dataType,
});
