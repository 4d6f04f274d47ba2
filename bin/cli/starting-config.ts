interface Sketch {
  readonly summary: string;
  readonly sources: readonly string[];
}

/** What an application usually consists of on AWS, as far as this version protects it. */
const sketches: Readonly<Record<string, Sketch>> = {
  'circleci-server': {
    summary: 'the services machine, and the databases if they live outside of it',
    sources: [
      '- ec2: { tags: { Role: change-me-circleci-services } }',
      '# - rds: { identifiers: [change-me-circle-db] }',
    ],
  },
  dokku: {
    summary: 'the Dokku host with its applications and their data',
    sources: ['- ec2: { tags: { Role: change-me-dokku } }'],
  },
  gitlab: {
    summary: 'the GitLab machine, and the database if it lives outside of it',
    sources: [
      '- ec2: { tags: { Role: change-me-gitlab } }',
      '# - aurora: { identifiers: [change-me-gitlab-db] }',
    ],
  },
  gitpod: {
    summary: 'the machines of the installation and its database',
    sources: [
      '- ec2: { tags: { Role: change-me-gitpod } }',
      '# - rds: { identifiers: [change-me-gitpod-db] }',
    ],
  },
  gocd: {
    summary: 'the GoCD server; agents can be made anew',
    sources: [
      '- ec2: { tags: { Role: change-me-gocd-server } }',
      '# - rds: { identifiers: [change-me-gocd-db] }',
    ],
  },
};

const fleet: Sketch = {
  summary: 'independent machines and databases, chosen by a tag',
  sources: [
    '- ec2: { tags: { Backup: change-me } }',
    '# - ec2: { ids: [i-0123456789abcdef0] }',
    '# - rds: { tags: { Backup: change-me } }',
    '# - aurora: { identifiers: [change-me-cluster] }',
  ],
};

/** The text of a valid `snapkeep.yaml` in which everything to be replaced contains `change-me`. */
export function startingConfig(application: string | undefined): string {
  const sketch = (application === undefined ? undefined : sketches[application]) ?? fleet;
  const plan = application ?? 'fleet';
  return `# What Snapkeep protects, when, and for how long. Every key: docs/configuration.md
# Replace everything that says change-me, then run: snapkeep validate
version: 1

# Name of this installation: the value of the tag snapkeep:managed on everything that it makes.
deployment: change-me

# Region of the sources. Copies stay in it.
region: eu-west-1

# The S3 bucket with the ledger of all backups. Nobody can delete an entry before lockDays are over.
vault:
  bucket: change-me-snapkeep-vault
  lockDays: 14
  # existing: true                # the bucket is there already: versioned, with Object Lock

# Further Regions, each with a vault of its own; a plan there says region: us-east-1
# regions: { us-east-1: { vault: { bucket: change-me-snapkeep-vault-us-east-1 } } }

# Who hears of partial and failed backups.
# notify:
#   emails: [change-me@example.com]

plans:
  # ${sketch.summary}
  ${plan}:
${application === undefined ? '' : `    application: ${application}\n`}    schedule:
      # minute hour day-of-month month day-of-week year; one of the two day fields is ?
      expression: cron(0 3 * * ? *)
      timezone: UTC               # for example Europe/Berlin; also cuts the days of retention
    sources:
${sketch.sources.map((line) => `      ${line}`).join('\n')}
    # A copy stays when any rule keeps it.
    retention:
      last: 3
      daily: 7
      weekly: 4
      monthly: 6
    timeout: 12h                  # copies that are not available by then count as failed
${application === undefined ? '' : restoreSketch}`;
}

const restoreSketch = `    # Where a restored machine goes; the old places unless set.
    # restore:
    #   subnet: subnet-0123456789abcdef0
    #   securityGroups: [sg-0123456789abcdef0]
    #   quarantineGroup: sg-0123456789abcdef1
    #   instanceProfile: change-me
    #   hostname: change-me.example.com
`;
