import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FileRule } from '../../functions/applications/profile.ts';
import { rewriteScript, undoScript } from '../../functions/applications/scripts.ts';
import {
  contentOf,
  freshFolder,
  inTree,
  plant,
  presentTools,
  runScript,
  snapshot,
  type Tools,
} from '../support/machine-tree.ts';
import { rewriteReference } from '../support/rewrite-reference.ts';

// Continuous integration asks for more; every run starts some dozens of processes.
const runs = Number(process.env.SNAPKEEP_PROPERTY_RUNS ?? 12);

const rules: readonly FileRule[] = [
  { glob: '/app/*.plain', format: 'plain', keepComments: false },
  { glob: '/app/*.conf', format: 'plain', keepComments: true },
  {
    glob: '/app/*.env',
    format: 'shell-assignment',
    keepComments: true,
    neverKeys: ['TOKEN', 'TAGS'],
    dropOptions: ['PUBLIC'],
  },
  {
    glob: '/app/*.keys',
    format: 'shell-assignment',
    keepComments: false,
    keys: ['HOST', 'OPTS'],
    neverKeys: ['TOKEN'],
  },
  { glob: '/app/*.hosts', format: 'hosts', keepComments: true },
];
const rewrite = rewriteScript(rules);
const undo = undoScript();

const olds = [
  '10.0.1.6',
  '10.0.1.67',
  '203.0.113.20',
  '2001:db8::1',
  '2001:db8::1:5',
  'ip-10-0-1-67',
  'ip-10-0-1-67.ec2.internal',
  'ci.old.example.com',
  'old.example.com',
  'db',
  'circle-db.abc.eu-west-1.rds.amazonaws.com',
];
const news = [
  '10.0.9.14',
  '10.0.1.67',
  '10.0.1.6',
  '198.51.100.77',
  '2001:db8::1',
  'ip-10-0-9-14',
  'ci.new.example.com',
  'old.example.com',
  'db',
];
const gone = ['203.0.113.99', '203.0.113.20'];

const addressMap = fc
  .uniqueArray(fc.constantFrom(...olds), { maxLength: olds.length })
  .chain((keys) => fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), fc.constantFrom(...news)))))
  .map((pairs) => new Map(pairs));

const token = fc.constantFrom(
  ...olds,
  ...gone,
  '10.0.1.67:9879',
  '[10.0.1.6]',
  'xci.old.example.com',
  'ci.old.example.com.au',
  'CI.Old.Example.com',
  'ci.old.example.com.',
  '2001:DB8::1',
  '127.0.0.1',
  '::1',
  'ip-10-0-1-67-x',
  '110.0.1.6',
  '10.0.1.6.7',
  'HOST=',
  'TOKEN=',
  'export HOST=',
  'OPTS=" -e TOKEN=',
  ' -e PUBLIC=203.0.113.99',
  '"-e PUBLIC=203.0.113.99',
  ' -e PUBLIC=',
  'TAGS="',
  'x',
);
const glue = fc.constantFrom(
  '',
  ' ',
  '\t',
  '\n',
  '\n',
  '=',
  ',',
  ':',
  '/',
  '.',
  '-',
  '_',
  '"',
  "'",
  '\\',
  '\\\n',
  '\r\n',
  '#',
  ' # ',
  '\n#',
  '\xe9',
  '\xff\x80',
  '\x01',
  '%s',
  '&',
  '$(id)',
  '`',
);
const content = fc.array(fc.tuple(token, glue), { maxLength: 24 }).map((parts) => parts.flat().join(''));
const fileName = fc
  .tuple(
    fc.constantFrom('a', 'b c', '-d', 'e\nf', '*', '\xe9'),
    fc.constantFrom('plain', 'conf', 'env', 'keys', 'hosts'),
  )
  .map(([stem, ending]) => `/app/${stem}.${ending}`);
const tree = fc.dictionary(
  fileName,
  fc.record({ text: content, mode: fc.constantFrom(0o644, 0o600, 0o444, 0o755) }),
  { minKeys: 1, maxKeys: 8, noNullPrototype: true },
);

const tools = presentTools();
const anyTools: fc.Arbitrary<Tools> =
  tools.length === 0 ? fc.constant({ shell: 'bash', awk: 'default' }) : fc.constantFrom(...tools);

test('the script does what the reference says, under every shell and awk, and undo puts everything back', () => {
  fc.assert(
    fc.property(tree, addressMap, anyTools, (files, map, tool) => {
      const root = plant(freshFolder(), files);
      const before = snapshot(root);
      const values = {
        RestoreId: 'r1',
        AddressMap: [...map].map(([old, successor]) => `${old}=${successor}`).join(','),
        GoneAddresses: gone.join(','),
        OwnAddresses: '10.0.1.6,10.0.1.67',
        MachineName: '',
        SshHostKeys: 'keep',
      };
      const done = runScript(inTree(rewrite, root), values, { tools: tool });
      expect(done).toMatchObject({ status: 0, stderr: '' });

      let replacements = 0;
      for (const [path, { text }] of Object.entries(files)) {
        const rule = rules.find(({ glob }) => path.endsWith(glob.slice(glob.lastIndexOf('*') + 1)));
        if (rule === undefined) throw new Error(`no rule for ${path}`);
        const wanted = rewriteReference(text, rule, { map, gone, own: ['10.0.1.6', '10.0.1.67'] });
        expect(contentOf(root, path)).toBe(wanted.text);
        replacements += wanted.count;
      }
      expect(done.stdout).toContain(`\nreplacements ${replacements}\n`);
      const after = snapshot(root);
      expect(Object.keys(after)).toEqual(expect.arrayContaining(Object.keys(before)));
      for (const [path, entry] of Object.entries(before)) {
        expect(after[path]?.split(' ').slice(0, 3)).toEqual(entry.split(' ').slice(0, 3));
      }

      expect(runScript(inTree(rewrite, root), values, { tools: tool })).toEqual(done);
      expect(runScript(inTree(undo, root), { RestoreId: 'r1' }, { tools: tool })).toMatchObject({
        status: 0,
        stderr: '',
      });
      expect(withoutFolders(snapshot(root))).toEqual(withoutFolders(before));
    }),
    { numRuns: runs },
  );
});

/** The state of Snapkeep stays, and its folders with it. */
const withoutFolders = (entries: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).filter(([, entry]) => !entry.startsWith('folder')));
