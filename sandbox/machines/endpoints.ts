/** Another machine that a configuration names. */
export interface Endpoint {
  /** Lower-case name, or an IPv4 address. */
  readonly host: string;
  /** As written, or by the scheme or the engine's default; undefined when nothing tells it. */
  readonly port: number | undefined;
}

const portsByScheme: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27017,
  redis: 6379,
  amqp: 5672,
  ssh: 22,
};

const address = String.raw`\d{1,3}(?:\.\d{1,3}){3}`;
const name = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}`;
/** [1] scheme, [2] host, [3] port; not in the middle of a longer name, of a path or of a mail address. */
const pattern = new RegExp(
  String.raw`(?<![\w.@/-])(?:jdbc:)?(?:([a-z][a-z0-9+]*)://(?:[^\s/@'"]+@)?)?\[?(${address}|${name})\]?(?::(\d{1,5}))?(?![\w-]|\.\w|@|/\d+\b(?![./]))`,
  'gi',
);

/** Ends of names that are files, versions or code rather than hosts. */
const noDomains =
  /\.(service|conf|cfg|yml|yaml|json|xml|rb|sh|properties|log|pem|crt|key|lock|socket|sock|pid|txt|html?|jar|tar|gz|zip|md|py|js|ts|example|value|local|true|false)$/i;

/**
 * Addresses and host names in a configuration text, in order, each once. A heuristic: it is there to see that a
 * machine would talk to its old database or its old self, so it takes dotted names with a scheme or port, names below
 * well-known suffixes, and addresses; comments are left out.
 */
export function findEndpoints(text: string): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const line of text.split('\n')) {
    if (/^\s*(#|\/\/|;|<!--)/.test(line)) continue;
    // A list of what is not asked through the proxy names no machine that is asked.
    const spoken = line.replace(/\bno_proxy=\S*/gi, '');
    for (const [, scheme, host = '', digits] of spoken.matchAll(pattern)) {
      const endpoint = endpointOf(host.toLowerCase(), scheme?.toLowerCase(), digits);
      if (endpoint) found.set(`${endpoint.host}:${endpoint.port ?? ''}`, endpoint);
    }
  }
  return [...found.values()];
}

function endpointOf(
  host: string,
  scheme: string | undefined,
  digits: string | undefined,
): Endpoint | undefined {
  const isAddress = /^[\d.]+$/.test(host);
  if (isAddress && !host.split('.').every((part) => Number(part) <= 255)) return undefined;
  if (isAddress && /^(127|0|255|169\.254)\./.test(`${host}.`)) return undefined;
  if (!isAddress && noDomains.test(host)) return undefined;
  const database = /\.rds\.amazonaws\.com(\.cn)?$/.test(host);
  const wellKnown = database || /\.(internal|com|org|net|io|cn)$/.test(host);
  if (!isAddress && scheme === undefined && digits === undefined && !wellKnown) return undefined;
  const port =
    digits === undefined ? (portsByScheme[scheme ?? ''] ?? (database ? 5432 : undefined)) : Number(digits);
  return { host, port };
}
