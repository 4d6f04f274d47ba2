import { request } from 'node:http';
import { CreateImageCommand, EC2Client } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SandboxClock } from '../../sandbox/clock.ts';
import { World } from '../../sandbox/world.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';
import { Fixture, failureOf } from './server-fixture.ts';

class HandClock implements SandboxClock {
  #now = Date.parse('2026-11-20T02:00:00Z');

  now(): number {
    return this.#now;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

let sandbox: StartedSandbox;

beforeEach(async () => {
  sandbox = await startSandbox(() => new Fixture().services(), {
    world: new World({ clock: new HandClock() }),
  });
});

afterEach(() => sandbox.close());

async function control(
  method: string,
  name: string,
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${sandbox.server.url}/_sandbox/${name}`, init);
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
}

const createImage = new CreateImageCommand({ InstanceId: 'i-1', Name: 'name' });

describe('/_sandbox/requests', () => {
  test('shows the counts and, if asked, the last requests', async () => {
    await new EC2Client(sandbox.clientConfig).send(createImage);
    const services = { ec2: { CreateImage: { count: 1, throttled: 0, failed: 0 } } };
    expect(await control('GET', 'requests')).toEqual({ status: 200, json: { total: 1, services } });
    const recent = [{ service: 'ec2', action: 'CreateImage', status: 200 }];
    expect((await control('GET', 'requests?recent=5')).json).toMatchObject({ recent });
  });

  test('forgets on DELETE', async () => {
    await new EC2Client(sandbox.clientConfig).send(createImage);
    expect((await control('DELETE', 'requests')).status).toBe(204);
    expect((await control('GET', 'requests')).json).toEqual({ total: 0, services: {} });
  });
});

describe('/_sandbox/clock', () => {
  test('tells the sandbox time and moves it, letting happen what comes due', async () => {
    let happened = false;
    sandbox.world.schedule(sandbox.world.now() + 60_000, () => {
      happened = true;
    });
    expect((await control('GET', 'clock')).json).toMatchObject({
      now: '2026-11-20T02:00:00.000Z',
      canAdvance: true,
    });
    expect(await control('POST', 'clock', { advanceSeconds: 90 })).toMatchObject({
      status: 200,
      json: { now: '2026-11-20T02:01:30.000Z' },
    });
    expect(happened).toBe(true);
  });

  test('cannot move the wall clock', async () => {
    await using onWallClock = await startSandbox(() => new Fixture().services());
    const body = JSON.stringify({ advanceSeconds: 1 });
    const response = await fetch(`${onWallClock.server.url}/_sandbox/clock`, { method: 'POST', body });
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({
      message: 'The sandbox runs on the wall clock, which cannot be advanced.',
    });
  });

  test.each([{ advanceSeconds: -1 }, { advanceSeconds: '1' }, { seconds: 1 }, {}])(
    'refuses %j',
    async (body) => {
      expect((await control('POST', 'clock', body)).status).toBe(400);
    },
  );
});

describe('/_sandbox/faults', () => {
  test('changes faults, throttling and latency, each on its own', async () => {
    const fault = { service: 'ec2', action: 'CreateImage', code: 'InternalError', status: 500, times: 1 };
    await control('PUT', 'faults', { faults: [fault] });
    await control('PUT', 'faults', {
      throttling: { enabled: true, buckets: { 'ec2:CreateImage': { size: 1, refillPerSecond: 0 } } },
    });
    await control('PUT', 'faults', { latency: { milliseconds: 1, actions: { 'ec2:CreateImage': 2 } } });
    const ec2 = new EC2Client(sandbox.clientConfig);
    expect(await failureOf(ec2.send(createImage))).toMatchObject({ name: 'InternalError' });
    expect(await failureOf(ec2.send(createImage))).toMatchObject({
      name: 'RequestLimitExceeded',
      status: 503,
    });
    expect((await control('GET', 'faults')).json).toEqual({
      faults: [{ ...fault, applied: 1 }],
      throttling: { enabled: true, buckets: { 'ec2:CreateImage': { size: 1, refillPerSecond: 0 } } },
      latency: { milliseconds: 1, actions: { 'ec2:CreateImage': 2 } },
    });
  });

  test.each([
    [{ faults: [{ service: 'ec2' }] }, 'faults.0.code'],
    [{ faults: [{ code: 'X', probability: 2 }] }, 'faults.0.probability'],
    [{ faults: [{ code: 'X', when: 'during' }] }, 'faults.0.when'],
    [{ throttling: { buckets: { CreateImage: { size: 1, refillPerSecond: 1 } } } }, 'throttling.buckets'],
    [{ latency: { milliseconds: -1 } }, 'latency.milliseconds'],
    [{ fault: [] }, 'fault'],
  ])('refuses %j and names the place', async (body, place) => {
    const { status, json } = await control('PUT', 'faults', body);
    expect(status).toBe(400);
    expect(JSON.stringify(json)).toContain(place);
  });
});

describe('the control endpoints', () => {
  test('refuse a web page, which would send an Origin header', async () => {
    const response = await fetch(`${sandbox.server.url}/_sandbox/requests`, {
      headers: { origin: 'http://example.com' },
    });
    expect(response.status).toBe(403);
  });

  test('refuse a name that was made to resolve to this machine', async () => {
    expect(await statusWithHost(`rebound.example.com:${sandbox.server.port}`)).toBe(403);
    expect(await statusWithHost('127.0.0.1:1')).toBe(403);
    expect(await statusWithHost(`localhost:${sandbox.server.port}`)).toBe(200);
  });

  test('are no more than these', async () => {
    expect((await control('GET', 'nothing')).status).toBe(404);
    expect((await control('PUT', 'clock', {})).status).toBe(405);
  });
});

/** `fetch` sets the Host header itself. */
function statusWithHost(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: sandbox.server.port,
      path: '/_sandbox/requests',
      headers: { host },
    };
    request(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
