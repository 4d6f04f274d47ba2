import { ServiceError } from '../../service.ts';

/** Codes and wording follow "Error codes for the Amazon EC2 API" and what the API is seen to answer. All are HTTP 400. */
export const ec2Error = (code: string, message: string): ServiceError => new ServiceError(code, message, 400);

export const invalidValue = (message: string): ServiceError => ec2Error('InvalidParameterValue', message);
export const invalidCombination = (message: string): ServiceError =>
  ec2Error('InvalidParameterCombination', message);
export const missingParameter = (name: string): ServiceError =>
  ec2Error('MissingParameter', `The request must contain the parameter ${name}`);
export const notPermitted = (message: string): ServiceError => ec2Error('OperationNotPermitted', message);
/** The resource is there and visible, but it is somebody else's. */
export const notAuthorized = (what: string): ServiceError =>
  ec2Error('AuthFailure', `Not authorized for ${what}`);

/** Ends a request with `DryRun`: every check passed, nothing was changed. */
export function endDryRun(dryRun: boolean | undefined): void {
  if (dryRun)
    throw new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
}

/** The value of a required member; the server has checked the modelled ones, this is for the others. */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined || value === null || value === '') throw missingParameter(name);
  return value;
}
