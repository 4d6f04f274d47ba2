import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { loadProfile } from '../functions/applications/load-profile.ts';
import { applicationNames } from '../functions/plan/applications.ts';
import { entryConfig, workerConfig } from '../functions/plan/bundled-config.ts';
import { canonical } from '../functions/plan/canonical.ts';
import type { Config } from '../functions/plan/config.ts';
import { foldSchemaKeysPlugin } from './fold-schema-keys.ts';

/** Functions by what they do; each is one file in `functions/handlers`. */
export const bundleNames = [
  'start',
  'backup',
  'backup-worker',
  'rotate',
  'rotate-worker',
  'restore',
  'restore-worker',
] as const;
export type BundleName = (typeof bundleNames)[number];

/** The folder of each function's code, ready to be an asset. */
export type Bundles = Readonly<Record<BundleName, string>>;

export interface BundleOptions {
  readonly config: Config;
  readonly snapkeepVersion: string;
  /** Gets one folder per function, and `source-maps` with one file per function; what was in those is replaced. */
  readonly outputFolder: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * ES modules of Node 24, but packages inside still ask for CommonJS's names: dependencies that are CommonJS call
 * `require` for Node's own modules.
 */
const banner = [
  "import{createRequire as __snapkeepRequire}from'node:module'",
  "import{fileURLToPath as __snapkeepPath}from'node:url'",
  "import{dirname as __snapkeepFolder}from'node:path'",
  'const require=__snapkeepRequire(import.meta.url)',
  'const __filename=__snapkeepPath(import.meta.url)',
  'const __dirname=__snapkeepFolder(__filename);',
].join(';');

/**
 * Bundles every handler with all that it imports, the AWS SDK included (it loads in half the time of the one in the
 * runtime), and puts the configuration beside it. The same sources and configuration make the same bytes, so an
 * unchanged deployment changes no function. Source maps are not uploaded: they stay where the stack was synthesized.
 */
export async function buildBundles(options: BundleOptions): Promise<Bundles> {
  const folders = foldersIn(options.outputFolder);
  const maps = sourceMapsIn(options.outputFolder);
  for (const folder of [...Object.values(folders), maps]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  await Promise.all(
    bundleNames.map(async (name) => {
      const folder = folders[name];
      await buildHandler(name, folder, join(maps, `${name}.mjs.map`));
      if (name === 'restore-worker') addProfiles(folder);
      writeConfig(name, folder, options);
    }),
  );
  return folders;
}

/** What was built into a folder, for another Region: the same code, with another configuration beside it. */
export function copyBundles(builtFolder: string, options: BundleOptions): Bundles {
  const { outputFolder } = options;
  const folders = foldersIn(outputFolder);
  for (const folder of [...Object.values(folders), sourceMapsIn(outputFolder)])
    rmSync(folder, { recursive: true, force: true });
  cpSync(builtFolder, outputFolder, { recursive: true });
  for (const name of bundleNames) writeConfig(name, folders[name], options);
  return folders;
}

const sourceMapsIn = (outputFolder: string): string => join(outputFolder, 'source-maps');

const foldersIn = (outputFolder: string): Bundles => ({
  start: join(outputFolder, 'start'),
  backup: join(outputFolder, 'backup'),
  'backup-worker': join(outputFolder, 'backup-worker'),
  rotate: join(outputFolder, 'rotate'),
  'rotate-worker': join(outputFolder, 'rotate-worker'),
  restore: join(outputFolder, 'restore'),
  'restore-worker': join(outputFolder, 'restore-worker'),
});

/** Entries start work; the others do it. */
const entries: ReadonlySet<BundleName> = new Set(['start', 'backup', 'rotate', 'restore']);

/** What this function reads of the configuration, the same text however the file is ordered. */
function writeConfig(name: BundleName, folder: string, { config, snapkeepVersion }: BundleOptions): void {
  const read = entries.has(name) ? entryConfig(config) : workerConfig(config);
  const text = JSON.stringify(canonical({ snapkeepVersion, config: read }));
  writeFileSync(join(folder, 'config.json'), `${text}\n`);
}

async function buildHandler(name: BundleName, folder: string, mapFile: string): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`functions/handlers/${name}.ts`],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    minify: true,
    // Class names are names of errors, which reports and tests read.
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // esbuild prefers CommonJS for Node otherwise, which cannot be shaken and is half as large again.
    mainFields: ['module', 'main'],
    // In Lambda there is one place where credentials come from.
    alias: { '@aws-sdk/credential-provider-node': './functions/clients/lambda-credentials.ts' },
    plugins: [foldSchemaKeysPlugin],
    banner: { js: banner },
    charset: 'utf8',
    legalComments: 'none',
    // Beside the bundle, not named in it: a map is three times as large, and Lambda would have to load it.
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'warning',
    write: false,
  });
  for (const { path, contents } of outputFiles) {
    writeFileSync(extname(path) === '.map' ? mapFile : path, contents);
  }
}

/** What a restore makes its scripts of: the profiles, read already, and the parts that all of them share. */
function addProfiles(folder: string): void {
  const profiles = applicationNames.flatMap((name) => loadProfile(name) ?? []);
  const byName = Object.fromEntries(profiles.map((profile) => [profile.name, profile]));
  writeFileSync(join(folder, 'profiles.json'), `${JSON.stringify(byName)}\n`);
  cpSync(join(root, 'profiles', 'common'), join(folder, 'profiles', 'common'), {
    recursive: true,
    filter: (source) => statSync(source).isDirectory() || ['.sh', '.awk'].includes(extname(source)),
  });
}
