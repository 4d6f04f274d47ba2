import { writeFile } from 'node:fs/promises';
import { configJsonSchema } from '../functions/plan/json-schema.ts';

// `npm run schema`: run it after a change of functions/plan/schema.ts; a test compares the two.
const target = new URL('../docs/snapkeep.schema.json', import.meta.url);
await writeFile(target, configJsonSchema());
console.log('Wrote docs/snapkeep.schema.json.');
