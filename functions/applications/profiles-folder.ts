import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const besideCode = fileURLToPath(new URL('./profiles', import.meta.url));

/** Where the profiles stand: beside the code of a bundle, or at the root of a checkout. */
export const profilesFolder = existsSync(besideCode)
  ? besideCode
  : fileURLToPath(new URL('../../profiles', import.meta.url));
