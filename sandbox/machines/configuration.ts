/**
 * Which files an application reads when its unit starts, beside the unit's own environment files: after the
 * applications' documents (where each keeps addresses and database endpoints). Both are patterns of a shell.
 */
const table: readonly (readonly [units: string, paths: string])[] = [
  ['replicated*.service', '/etc/circle-installation-customizations'],
  ['replicated*.service', '/etc/circleconfig/*/customizations'],
  ['gitlab-runsvdir.service', '/etc/gitlab/gitlab.rb'],
  ['gitlab-runsvdir.service', '/var/opt/gitlab/gitlab-rails/etc/*.yml'],
  ['go-server.service', '/etc/go/cruise-config.xml'],
  ['go-server.service', '/etc/go/db.properties'],
  ['go-agent.service', '/usr/share/go-agent/wrapper-config/wrapper-properties.conf'],
  ['go-agent.service', '/var/lib/go-agent/config/autoregister.properties'],
  ['go-agent.service', '/etc/default/go-agent'],
  ['nginx.service', '/etc/nginx/conf.d/*.conf'],
  ['dokku-redeploy.service', '/home/dokku/*/ENV'],
  ['dokku-redeploy.service', '/var/lib/dokku/config/*/ENV'],
];

/** As the stand-in for systemctl reads it. */
export const configurationTable = table.map(([units, paths]) => `${units}\t${paths}\n`).join('');
