import { ServiceError } from '../../service.ts';

export const invalidValue = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValue', message, 400);
export const invalidCombination = (message: string): ServiceError =>
  new ServiceError('InvalidParameterCombination', message, 400);
export const missingParameter = (message: string): ServiceError =>
  new ServiceError('MissingParameter', message, 400);
export const invalidNextToken = (): ServiceError =>
  new ServiceError('InvalidNextToken', 'The next token is invalid.', 400);
export const resourceNotFound = (message: string): ServiceError =>
  new ServiceError('ResourceNotFound', message, 404);
