/** A cloud assembly: the folder that `cdk synth` writes, with templates and the code that they refer to. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';

/** An assembly that cannot be deployed here. The message is a sentence; `remedy` says what to do. */
export class AssemblyError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'AssemblyError';
    this.remedy = remedy;
  }
}

export interface AssemblyStack {
  readonly name: string;
  /** Undefined: the Region of whoever deploys. */
  readonly region: string | undefined;
  /** The parsed template. */
  readonly template: unknown;
  /** Absolute folders of code, by the key that the template gives them in the bucket of assets. */
  readonly folders: ReadonlyMap<string, string>;
}

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      environment: z.string().optional(),
      properties: z
        .object({
          templateFile: z.string().optional(),
          file: z.string().optional(),
          stackName: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

const assetsSchema = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional(), packaging: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .optional(),
});

const again = 'Synthesize it: npx cdk synth -c config=snapkeep.yaml, which writes the folder cdk.out';

/** @throws AssemblyError */
export function readAssembly(folder: string): readonly AssemblyStack[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new AssemblyError(`There is no folder ${folder}.`, again);
  if (!existsSync(join(folder, 'manifest.json'))) {
    const below = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'manifest.json')));
    throw new AssemblyError(
      `${folder} is not a cloud assembly: it has no manifest.json.`,
      below.length === 0 ? again : `Take one of those in it: ${below.join(', ')}`,
    );
  }
  const { artifacts } = read(join(folder, 'manifest.json'), manifestSchema);
  const folders = new Map<string, string>();
  for (const { type, properties } of Object.values(artifacts)) {
    if (type !== 'cdk:asset-manifest' || properties?.file === undefined) continue;
    for (const [key, path] of assetsOf(folder, properties.file)) folders.set(key, path);
  }
  const stacks = Object.entries(artifacts).flatMap(([id, { type, environment, properties }]) => {
    if (type !== 'aws:cloudformation:stack' || properties?.templateFile === undefined) return [];
    const region = /^aws:\/\/[^/]+\/(.+)$/.exec(environment ?? '')?.[1];
    return {
      name: properties.stackName ?? id,
      region: region === 'unknown-region' ? undefined : region,
      template: read(join(folder, properties.templateFile), z.unknown()),
      folders,
    };
  });
  if (stacks.length === 0) throw new AssemblyError(`${folder} has no stack.`, again);
  return stacks;
}

function assetsOf(folder: string, file: string): [key: string, path: string][] {
  const { files = {} } = read(join(folder, file), assetsSchema);
  return Object.values(files).flatMap(({ source, destinations }) => {
    const { path, packaging } = source;
    if (path === undefined || packaging !== 'zip') return [];
    return Object.values(destinations).map(({ objectKey }): [string, string] => [
      objectKey,
      resolve(folder, path),
    ]);
  });
}

function read<T>(file: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AssemblyError(`${file} cannot be read.`, again, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AssemblyError(`${file} is not what cdk synth writes.`, again, parsed.error);
}
