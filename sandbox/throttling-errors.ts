import { ServiceError } from './service.ts';

/** What each service answers to a caller that is too fast; those left out answer as most JSON services do. */
const BY_SERVICE: Readonly<Record<string, readonly [code: string, status: number, message: string]>> = {
  ec2: ['RequestLimitExceeded', 503, 'Request limit exceeded.'],
  rds: ['Throttling', 400, 'Rate exceeded'],
  sts: ['Throttling', 400, 'Rate exceeded'],
  sns: ['Throttling', 400, 'Rate exceeded'],
  monitoring: ['Throttling', 400, 'Rate exceeded'],
  route53: ['Throttling', 400, 'Rate exceeded'],
  s3: ['SlowDown', 503, 'Please reduce your request rate.'],
  lambda: ['TooManyRequestsException', 429, 'Rate exceeded'],
};

export function throttlingError(signingName: string): ServiceError {
  const [code, status, message] = BY_SERVICE[signingName] ?? ['ThrottlingException', 400, 'Rate exceeded'];
  return new ServiceError(code, message, status);
}
