import * as z from 'zod';
import { fileSchema } from './schema.ts';

/**
 * `snapkeep.yaml` as a JSON Schema for editors (draft 7, which their YAML support reads). It knows the forms of
 * single values; how they fit together only `snapkeep validate` knows.
 */
export function configJsonSchema(): string {
  // `input`, since a key with a default may be left out of the file.
  const { $schema, ...schema } = z.toJSONSchema(fileSchema, { target: 'draft-7', io: 'input' });
  const titled = { $schema, title: 'snapkeep.yaml', ...schema };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
