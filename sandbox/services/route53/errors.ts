import { ServiceError } from '../../service.ts';

/** Codes and statuses of the service's model; sentences as the service is seen to answer them. */
export const noSuchHostedZone = (id: string): ServiceError =>
  new ServiceError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);

export const noSuchChange = (id: string): ServiceError =>
  new ServiceError('NoSuchChange', `Could not find resource with ID: ${id}`, 404);

export const invalidInput = (message: string): ServiceError => new ServiceError('InvalidInput', message, 400);

export const invalidDomainName = (name: string): ServiceError =>
  new ServiceError('InvalidDomainName', `${name} is not a valid domain name`, 400);

export const hostedZoneAlreadyExists = (): ServiceError =>
  new ServiceError(
    'HostedZoneAlreadyExists',
    'A hosted zone has already been created with the specified caller reference.',
    409,
  );

export const hostedZoneNotEmpty = (): ServiceError =>
  new ServiceError(
    'HostedZoneNotEmpty',
    'The specified hosted zone contains non-required resource record sets and so cannot be deleted.',
    400,
  );

/** Everything that is wrong with a batch of changes in one message, in brackets. */
export const invalidChangeBatch = (messages: readonly string[]): ServiceError =>
  new ServiceError('InvalidChangeBatch', `[${messages.join(', ')}]`, 400);
