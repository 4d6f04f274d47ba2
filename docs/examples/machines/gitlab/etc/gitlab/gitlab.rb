## Address under which people reach this installation
# external_url 'http://gitlab.example.com'
external_url 'https://gitlab.old.example.com'
registry_external_url 'https://gitlab.old.example.com:5050'
pages_external_url "http://pages.old.example.com/"
gitlab_kas_external_url "wss://gitlab.old.example.com/-/kubernetes-agent/"
gitlab_rails['gitlab_ssh_host'] = 'gitlab.old.example.com'
gitlab_rails['gitlab_email_from'] = 'gitlab@example.com'
gitlab_rails['smtp_address'] = 'smtp.example.com'
gitlab_rails['smtp_domain'] = "old.example.com"

## Who may ask for metrics and pass on client addresses
gitlab_rails['trusted_proxies'] = ['10.0.1.0/24']
gitlab_rails['monitoring_whitelist'] = ['127.0.0.0/8', '::1/128', '10.0.1.80']

## Database: Aurora, reached through the connection pool on this machine
postgresql['enable'] = false
gitlab_rails['db_adapter'] = 'postgresql'
gitlab_rails['db_host'] = '10.0.1.80'
gitlab_rails['db_port'] = 6432
gitlab_rails['db_username'] = 'gitlab'
gitlab_rails['db_password'] = 'sandbox-database-password'
pgbouncer['enable'] = true
pgbouncer['listen_addr'] = '10.0.1.80'
pgbouncer['databases'] = {
  gitlabhq_production: {
    host: 'gitlab-db.cluster-c8365695b094.eu-west-1.rds.amazonaws.com',
    user: 'pgbouncer',
    password: 'sandbox-pool-password-hash'
  }
}
gitlab_rails['redis_host'] = '10.0.1.80'

## Where the application keeps what is too large for the database
gitlab_rails['backup_path'] = '/var/opt/gitlab/backups'
gitlab_rails['object_store']['enabled'] = true
gitlab_rails['object_store']['connection'] = {
  'provider' => 'Google',
  'google_project' => 'acme-prod',
  'google_json_key_location' => '/etc/gitlab/gcs-key.json'
}
gitlab_rails['object_store']['objects']['artifacts']['bucket'] = 'acme-gitlab-artifacts'
gitlab_rails['object_store']['objects']['external_diffs']['bucket'] = 'acme-gitlab-mr-diffs'
gitlab_rails['object_store']['objects']['lfs']['bucket'] = 'acme-gitlab-lfs'
gitlab_rails['object_store']['objects']['uploads']['bucket'] = 'acme-gitlab-uploads'
gitlab_rails['object_store']['objects']['packages']['bucket'] = 'acme-gitlab-packages'
gitlab_rails['object_store']['objects']['dependency_proxy']['bucket'] = 'acme-gitlab-dependency-proxy'
gitlab_rails['object_store']['objects']['terraform_state']['bucket'] = 'acme-gitlab-terraform'
gitlab_rails['object_store']['objects']['ci_secure_files']['bucket'] = 'acme-gitlab-ci-secure-files'
gitlab_rails['object_store']['objects']['pages']['bucket'] = 'acme-gitlab-pages'

letsencrypt['enable'] = false
nginx['listen_addresses'] = ['*', '[::]']
nginx['ssl_certificate'] = "/etc/gitlab/ssl/gitlab.old.example.com.crt"
