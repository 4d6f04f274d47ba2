/**
 * What the sandbox asks policies about each operation, held against the actions, resource types and condition keys that
 * AWS publishes (through the oracle, a development dependency that only tests may import).
 */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { expect, test } from 'vitest';
import type { Demand } from '../../sandbox/iam/requests/demand.ts';
import type { RequestContext } from '../../sandbox/service.ts';
import { inputs } from '../support/demand-inputs.ts';
import { account, demands, on, region, services } from '../support/demand-world.ts';

const operations = Object.entries(demands).flatMap(([service, all]) =>
  Object.keys(all).map((operation) => [service, operation] as const),
);

function ask(service: string, operation: string): readonly Demand[] {
  const request: RequestContext = {
    service,
    action: operation,
    region,
    caller: { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId: 'AKIA' },
    requestId: '1',
    now: Date.parse('2026-11-20T02:00:00Z'),
    headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  };
  const defaults: Readonly<Record<string, object>> = {
    s3: on.object,
    sns: on.topic,
    route53: on.zone,
    lambda: on.execution,
  };
  const input = inputs[`${service}:${operation}`] ?? defaults[service] ?? {};
  const of = demands[service]?.[operation];
  if (!of) throw new Error(`nothing is asked of ${service}:${operation}`);
  // Sound: the inputs above are those of the operation, without the server's decoding in between.
  return of(input as never, request);
}

test('every operation of the sandbox asks policies, and none that it does not have', () => {
  for (const { signingName, handlers } of services) {
    const asked = Object.keys(demands[signingName] ?? {});
    const more = asked.filter((name) => !(name in handlers));
    expect({ signingName, missing: Object.keys(handlers).filter((name) => !asked.includes(name)) }).toEqual({
      signingName,
      missing: [],
    });
    expect(more).toEqual([]);
  }
});

/** The published pages describe resources by pattern; a name in the place of a wildcard fits those patterns. */
const concrete = (resource: string): string =>
  resource === '*' ? resource : resource.replaceAll('*', '0123456789abcdef0');

test.each(operations)(
  '%s:%s asks for actions, resources and keys that AWS publishes',
  async (service, operation) => {
    const asked = ask(service, operation);
    if (operation !== 'GetCallerIdentity') expect(asked).not.toEqual([]);
    for (const { action, resource, context = {}, owner } of asked) {
      const contextVariables = Object.fromEntries(
        Object.entries(context).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, typeof value === 'string' ? value : [...value]]],
        ),
      );
      const told = await runSimulation(
        {
          request: {
            principal: `arn:aws:iam::${account}:user/me`,
            action,
            resource: { resource: concrete(resource), accountId: owner || account },
            contextVariables,
          },
          identityPolicies: [
            {
              name: 'all',
              policy: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
            },
          ],
          serviceControlPolicies: [],
          resourceControlPolicies: [],
        },
        {},
      );
      if (told.resultType === 'error')
        throw new Error(`${action} on ${resource}: ${JSON.stringify(told.errors)}`);
      const results = told.resultType === 'single' ? [told.result] : told.results;
      const ignored = results.flatMap(({ ignoredContextKeys = [] }) => ignoredContextKeys);
      expect({ action, resource, ignored }).toEqual({ action, resource, ignored: [] });
    }
  },
);
