import { ServiceError } from '../../service.ts';

/** Errors of the AWS Systems Manager API Reference; all of them are HTTP 400. */
const error =
  (code: string) =>
  (message: string): ServiceError =>
    new ServiceError(code, message, 400);

export const documentAlreadyExists = (name: string): ServiceError =>
  error('DocumentAlreadyExists')(`Document with same name ${name} already exists`);
export const invalidDocument = (name: string): ServiceError =>
  error('InvalidDocument')(`Document with name ${name} does not exist.`);
export const invalidDocumentVersion = error('InvalidDocumentVersion');
export const invalidDocumentContent = error('InvalidDocumentContent');
export const invalidDocumentSchemaVersion = error('InvalidDocumentSchemaVersion');
export const invalidDocumentOperation = error('InvalidDocumentOperation');
export const duplicateDocumentContent = error('DuplicateDocumentContent');
export const maxDocumentSizeExceeded = error('MaxDocumentSizeExceeded');
export const invalidParameters = error('InvalidParameters');
export const invalidInstanceId = error('InvalidInstanceId');
export const duplicateInstanceId = error('DuplicateInstanceId');
export const invalidCommandId = error('InvalidCommandId');
export const invalidFilterKey = error('InvalidFilterKey');
export const invalidNextToken = error('InvalidNextToken');
export const invalidPluginName = error('InvalidPluginName');
export const parameterNotFound = error('ParameterNotFound');
export const parameterAlreadyExists = error('ParameterAlreadyExists');
export const validationException = error('ValidationException');
export const unsupportedPlatformType = error('UnsupportedPlatformType');

/** AWS sends this one without any words. */
export const invocationDoesNotExist = (): ServiceError => error('InvocationDoesNotExist')('');
