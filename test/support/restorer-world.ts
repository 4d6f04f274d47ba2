import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import { type Cloud, region } from './cloud.ts';

/** Clients for a cloud whose time is moved by hand: they neither wait nor try again, so a test sees every answer. */
export function startRestoringClients({ sandbox }: Cloud): AwsClients {
  const clients = createAwsClients({
    region,
    endpoint: sandbox.url,
    credentials: sandbox.identity,
    rates: unpaced,
  });
  const oneAttempt = async () => ({
    acquireInitialRetryToken: async () => ({ getRetryCount: () => 0, getRetryDelay: () => 0 }),
    refreshRetryTokenForRetry: async (_: unknown, { error }: { readonly error?: unknown }) => {
      throw error;
    },
    recordSuccess() {},
  });
  for (const client of [clients.ec2, clients.rds, clients.ssm, clients.route53])
    client.config.retryStrategy = oneAttempt;
  return clients;
}
