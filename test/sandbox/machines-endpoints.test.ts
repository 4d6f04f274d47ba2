import { expect, test } from 'vitest';
import { findEndpoints } from '../../sandbox/machines/endpoints.ts';

const found = (text: string): string[] =>
  findEndpoints(text).map(({ host, port }) => `${host}:${port ?? '?'}`);

test.each([
  ['DAEMON_ENDPOINT=10.0.1.67:9879', ['10.0.1.67:9879']],
  ['DAEMON_ENDPOINT=[10.0.1.6]:9879', ['10.0.1.6:9879']],
  [
    'db.url=jdbc:postgresql://gocd-old.abc123.eu-west-1.rds.amazonaws.com/gocd',
    ['gocd-old.abc123.eu-west-1.rds.amazonaws.com:5432'],
  ],
  [
    "host: 'gitlab-db.cluster-c83.eu-west-1.rds.amazonaws.com',",
    ['gitlab-db.cluster-c83.eu-west-1.rds.amazonaws.com:5432'],
  ],
  ['URL=mysql://user:pass@db.internal.example.com:3307/x', ['db.internal.example.com:3307']],
  ['external_url "https://GitLab.Old.example.com"', ['gitlab.old.example.com:443']],
  ['OPTS=" -e A=http://10.1.1.1 -e B=10.2.2.2 "', ['10.1.1.1:80', '10.2.2.2:?']],
])('in %j a machine would reach %j', (text, endpoints) => {
  expect(found(text)).toEqual(endpoints);
});

test.each([
  '# DAEMON_HOST=10.0.1.67',
  'CIRCLE_ADMIN_CIDR="10.0.1.0/24"',
  '-e NO_PROXY=10.0.1.67,172.17.0.1,localhost',
  'bind 127.0.0.1:80 and 0.0.0.0',
  'mail from go@example.com',
  'After=network.target docker.service',
  'image: quay/replicated:2.38.6, see /etc/app.conf and version 1.2.3.400',
])('%j names no other machine', (text) => {
  expect(found(text)).toEqual([]);
});
