import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// `npm run synth`: the templates of all example configurations, in cdk.out/<example>/, without an account. Fails on a
// configuration that is refused and on whatever the AwsSolutions rules find.
const root = fileURLToPath(new URL('..', import.meta.url));
const examples = ['snapkeep', 'one-plan', 'fleet', 'two-regions'];

/** What the CDK says in every run: of flags for behaviours that nothing here meets, and of templates to ask it for. */
const chatter = /^(\d+ feature flags are not configured|Successfully synthesized to|Supply a stack id).*\n/gm;

function synthesize(example: string): boolean {
  const file = `docs/examples/${example}.yaml`;
  const output = join('cdk.out', example);
  const arguments_ = ['cdk', 'synth', '--quiet', '-c', `config=${file}`, '--output', output];
  const { status, stdout, stderr, error } = spawnSync('npx', arguments_, { cwd: root, encoding: 'utf8' });
  if (error) throw error;
  process.stderr.write(stderr.replace(chatter, ''));
  if (status !== 0) {
    process.stdout.write(stdout);
    console.error(`${file}: not synthesized`);
    return false;
  }
  const templates = readdirSync(join(root, output)).filter((name) => name.endsWith('.template.json'));
  for (const template of templates.sort()) {
    const { Resources }: { Resources: object } = JSON.parse(
      readFileSync(join(root, output, template), 'utf8'),
    );
    console.log(`${file}: ${join(output, template)}, ${Object.keys(Resources).length} resources`);
  }
  return templates.length > 0;
}

const failed = examples.filter((example) => !synthesize(example));
if (failed.length > 0) process.exitCode = 1;
