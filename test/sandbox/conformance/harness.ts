/**
 * Drives an SDK client against the dispatcher in this process, without a socket: the client's own serializer and
 * signer on one side, our verification, decoder and encoder on the other.
 */
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { createDispatcher } from '../../../sandbox/dispatcher.ts';
import { Faults } from '../../../sandbox/faults.ts';
import { DEFAULT_IDENTITY, Identities } from '../../../sandbox/identities.ts';
import { Latency } from '../../../sandbox/latency.ts';
import { type Operation, readClientPackage } from '../../../sandbox/protocols/schema.ts';
import type { WireRequest } from '../../../sandbox/protocols/wire.ts';
import { seededRandom } from '../../../sandbox/random.ts';
import { RequestLog } from '../../../sandbox/requests.ts';
import type { Protocol } from '../../../sandbox/service.ts';
import { Throttle } from '../../../sandbox/throttle.ts';
import { World } from '../../../sandbox/world.ts';
import { canonical, firstDifference } from './compare.ts';
import { Generator } from './generator.ts';

export interface Subject {
  readonly signingName: string;
  readonly protocol: Protocol;
  readonly clientPackage: object;
  /** Name of the client's class in the package. */
  readonly client: string;
  readonly xmlNamespace?: string;
  /** Makes a random input one that the client sends as it is. */
  adjustInput?(operation: Operation, input: Record<string, unknown>): void;
  /** Members that the client adds of its own accord. */
  readonly clientAdds?: readonly string[];
  /** Members of answers that the client works out itself. */
  readonly clientDerives?: readonly string[];
  /** Operations that cannot come through, and why. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

interface SdkClient {
  send(command: object): Promise<object>;
  destroy(): void;
}

/** What a request handler of the SDK is given (HttpRequest of `@smithy/types`). */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One line per operation that did not come through, `RunInstances input .Filters.0: ...`. */
export async function findDifferences(
  subject: Subject,
  operations: readonly string[] | 'all',
  rounds: number,
  seed: number,
): Promise<string[]> {
  const { operations: known } = readClientPackage(subject.clientPackage);
  let received: { readonly action: string; readonly input: object } | undefined;
  let output: object = {};
  const record = (action: string) => (input: object) => {
    received = { action, input };
    return output;
  };
  const world = new World();
  const dispatch = createDispatcher({
    world,
    identities: new Identities(),
    requests: new RequestLog(0),
    faults: new Faults(),
    throttle: new Throttle(),
    latency: new Latency(),
    authorize: undefined,
    onInternalError: undefined,
    services: [
      { ...subject, handlers: Object.fromEntries([...known.keys()].map((name) => [name, record(name)])) },
    ],
  });
  const client = createClient(subject, async (request) => {
    const answer = await dispatch(await toWireRequest(request));
    if (answer === 'cut') throw new Error('the connection was cut');
    return { statusCode: answer.status, headers: answer.headers, body: toStream(answer.body) };
  });
  const random = seededRandom(seed);
  const inputs = new Generator(random, {
    // EC2 numbers its items, and XML's flattened lists are their items: without one there is nothing to send.
    emptyLists: subject.protocol !== 'ec2Query' && subject.protocol !== 'restXml',
    emptyStructures: subject.protocol !== 'ec2Query' && subject.protocol !== 'awsQuery',
  });
  const outputs = new Generator(random, { emptyLists: true, emptyStructures: true });
  const differences: string[] = [];
  for (const name of operations === 'all' ? known.keys() : operations) {
    if (subject.exceptions && Object.hasOwn(subject.exceptions, name)) continue;
    const operation = known.get(name);
    if (!operation) throw new Error(`${subject.client} has no operation ${name}`);
    for (let round = 0; round < rounds; round += 1) {
      const input = operation.input ? inputs.structure(operation.input) : {};
      subject.adjustInput?.(operation, input);
      const expected = operation.output ? outputs.structure(operation.output) : {};
      for (const member of subject.clientDerives ?? []) delete expected[member];
      output = expected;
      received = undefined;
      // Clients may write into their input.
      const difference = await compareOnce(
        client,
        subject,
        operation,
        structuredClone(input),
        input,
        expected,
        () => received,
      );
      if (difference === undefined) continue;
      differences.push(`${name} ${difference}`);
      break;
    }
    await turn();
  }
  client.destroy();
  return differences;
}

async function compareOnce(
  client: SdkClient,
  subject: Subject,
  operation: Operation,
  input: object,
  sent: object,
  expected: object,
  received: () => { readonly action: string; readonly input: object } | undefined,
): Promise<string | undefined> {
  let answer: object | undefined;
  let failure: string | undefined;
  try {
    answer = await client.send(createCommand(subject, operation.name, input));
  } catch (error) {
    failure = error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)}` : String(error);
  }
  const seen = received();
  if (!seen) return `was not received: ${failure ?? 'no failure'}`;
  if (seen.action !== operation.name) return `was taken for ${seen.action}`;
  const dropInput =
    subject.protocol === 'ec2Query' || subject.protocol === 'awsQuery' || subject.protocol === 'restXml';
  const inputDifference = firstDifference(
    canonical(sent, dropInput),
    canonical(withoutAdditions(subject, operation, seen.input, sent), dropInput),
  );
  if (inputDifference !== undefined) return `input ${inputDifference}`;
  if (!answer) return `output was not understood: ${failure}`;
  const outputDifference = firstDifference(
    canonical(expected, true),
    canonical(await withBytes(subject, answer), true),
  );
  return outputDifference === undefined ? undefined : `output ${outputDifference}`;
}

/** Idempotency tokens are filled in by the client. */
function withoutAdditions(subject: Subject, operation: Operation, input: object, sent: object): object {
  return Object.fromEntries(
    Object.entries(input).filter(([name]) => {
      if (name in sent) return true;
      const token = operation.input?.memberByName.get(name)?.traits.idempotencyToken;
      return !token && !subject.clientAdds?.includes(name);
    }),
  );
}

async function withBytes(subject: Subject, answer: object): Promise<object> {
  const told = Object.entries(answer).filter(([name]) => !subject.clientDerives?.includes(name));
  const entries = await Promise.all(
    told.map(async ([name, value]: [string, unknown]) => {
      if (typeof value !== 'object' || value === null || !('transformToByteArray' in value))
        return [name, value];
      const { transformToByteArray } = value;
      return [
        name,
        typeof transformToByteArray === 'function' ? await transformToByteArray.call(value) : value,
      ];
    }),
  );
  return Object.fromEntries(entries);
}

function createClient(subject: Subject, handle: (request: SdkRequest) => Promise<object>): SdkClient {
  // Sound for the packages named in subjects.ts: each exports its client's class under that name.
  const Client = Reflect.get(subject.clientPackage, subject.client) as new (config: object) => SdkClient;
  return new Client({
    endpoint: 'http://127.0.0.1:1',
    region: 'eu-west-1',
    credentials: DEFAULT_IDENTITY,
    maxAttempts: 1,
    forcePathStyle: true,
    disableHostPrefix: true,
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: async (request: SdkRequest) => ({ response: await handle(request) }),
    },
  });
}

function createCommand(subject: Subject, operation: string, input: object): object {
  // Sound: a client package exports a command's class for every operation that it has a schema of.
  const Command = Reflect.get(subject.clientPackage, `${operation}Command`) as new (input: object) => object;
  return new Command(input);
}

async function toWireRequest({ method, path, query, headers, body }: SdkRequest): Promise<WireRequest> {
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  return {
    method,
    path,
    query: printQuery(query ?? {}),
    rawHeaders: Object.entries(lower).flat(),
    headers: lower,
    body: await toBuffer(body),
  };
}

/** As the SDK's own Node handler writes it. */
function printQuery(query: NonNullable<SdkRequest['query']>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    const values: readonly (string | null)[] = Array.isArray(value) ? value : [value];
    for (const item of values)
      parts.push(item ? `${escapeUri(name)}=${escapeUri(item)}` : `${escapeUri(name)}=`);
  }
  return parts.join('&');
}

function escapeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function toBuffer(body: unknown): Promise<Buffer> {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (body instanceof ReadableStream || body instanceof Readable) {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  }
  throw new TypeError('a body of a kind that the harness does not know');
}

function toStream(body: string | Uint8Array | AsyncIterable<Uint8Array>): Readable {
  return typeof body === 'string' || body instanceof Uint8Array
    ? Readable.from([Buffer.from(body)])
    : Readable.from(body);
}
