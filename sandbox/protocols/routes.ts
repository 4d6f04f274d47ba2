/** Which operation a REST request is for: method, path, query, and for S3 the copy header. */
import { DecodeError } from './failures.ts';
import type { Operation } from './schema.ts';

export interface RestRequest {
  readonly method: string;
  /** As it was sent, percent-encoding and all. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

interface Route {
  readonly operation: Operation;
  readonly method: string;
  readonly pattern: RegExp;
  readonly labels: readonly string[];
  /** Query parameters that must be there, with the value they must have, if any. */
  readonly query: readonly (readonly [name: string, value: string | undefined])[];
  readonly requestId: string | undefined;
  readonly copies: boolean;
  readonly onBucket: boolean;
  readonly weight: number;
}

export interface RouteMatch {
  readonly operation: Operation;
  readonly labels: Readonly<Record<string, string>>;
}

/** S3's model has no bucket in its paths: the client's endpoint rules put it there. */
export type Router = (request: RestRequest) => RouteMatch | undefined;

export function createRouter(operations: Iterable<Operation>, style: 's3' | 'plain'): Router {
  const routes = [...operations].flatMap((operation) => routeOf(operation, style) ?? []);
  // The most particular route wins: "GET /{Key+}?uploadId" before "GET /{Key+}".
  routes.sort((a, b) => b.weight - a.weight);
  return (request) => {
    const split = style === 's3' ? splitBucket(request.path) : { path: request.path };
    const query = new Map(request.query);
    const requestId = query.get('x-id');
    for (const route of routes) {
      if (route.method !== request.method) continue;
      if (style === 's3' && route.onBucket !== (split.bucket !== undefined)) continue;
      if (requestId !== undefined && route.requestId !== undefined && route.requestId !== requestId) continue;
      if (route.copies && request.headers['x-amz-copy-source'] === undefined) continue;
      if (
        !route.query.every(
          ([name, value]) => query.has(name) && (value ?? query.get(name)) === query.get(name),
        )
      )
        continue;
      const match = route.pattern.exec(split.path);
      if (!match) continue;
      const labels = Object.fromEntries(
        route.labels.map((label, index) => [label, decodePath(match[index + 1] ?? '')]),
      );
      if (split.bucket !== undefined) labels.Bucket = decodePath(split.bucket);
      return { operation: route.operation, labels };
    }
    return undefined;
  };
}

function routeOf(operation: Operation, style: 's3' | 'plain'): Route | undefined {
  const { http } = operation.traits;
  if (!http) return undefined;
  const [template = '/', literalQuery = ''] = http.uri.split('?');
  const labels: string[] = [];
  let greedy = false;
  const source = template
    .replace(/\/$/, '')
    .replace(/\{([^}+]+)(\+?)\}|[.*?^$()|[\]\\]/g, (special, label, plus) => {
      if (!label) return `\\${special}`;
      labels.push(label);
      greedy ||= plus === '+';
      return plus === '+' ? '(.+)' : '([^/]+)';
    });
  const query: [string, string | undefined][] = [];
  let requestId: string | undefined;
  for (const part of literalQuery.split('&')) {
    if (part === '') continue;
    const [name = '', value] = part.split('=');
    if (name === 'x-id') requestId = value;
    else query.push([name, value]);
  }
  const members = operation.input?.members ?? [];
  if (style === 's3') {
    // S3 tells UploadPart from PutObject by nothing but the parameters that only one of them requires.
    for (const { required, traits } of members) {
      if (required && traits.httpQuery) query.push([traits.httpQuery, undefined]);
    }
  }
  const copies = members.some(
    ({ required, traits }) => required && traits.httpHeader === 'x-amz-copy-source',
  );
  const literals = template.split('/').filter((step) => step !== '' && !step.startsWith('{')).length;
  return {
    operation,
    method: http.method,
    // A trailing slash is part of an S3 key, and of no importance elsewhere.
    pattern: new RegExp(`^${source}${greedy ? '' : '/?'}$`, 's'),
    labels,
    query,
    requestId,
    copies,
    onBucket: members.some((member) => member.name === 'Bucket'),
    weight: query.length * 100 + (copies ? 50 : 0) + literals * 2 + (greedy ? 0 : 1),
  };
}

function splitBucket(path: string): { readonly bucket?: string; readonly path: string } {
  const slash = path.indexOf('/', 1);
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash);
  return bucket === '' ? { path } : { bucket, path: slash < 0 ? '/' : path.slice(slash) };
}

function decodePath(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new DecodeError('malformed', '', 'the path has broken percent-encoding', raw);
  }
}
