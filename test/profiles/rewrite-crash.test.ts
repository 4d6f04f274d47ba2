import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rewriteScript, undoScript } from '../../functions/applications/scripts.ts';
import {
  freshFolder,
  inTree,
  locate,
  plant,
  runScript,
  snapshot,
  type TreeEntry,
  usual,
} from '../support/machine-tree.ts';

const script = rewriteScript([{ glob: '/app/*', format: 'plain', keepComments: false }]);
const undo = undoScript();
const values = {
  RestoreId: 'r1',
  // Addresses that swap: whoever begins again from a rewritten file swaps them back.
  AddressMap: '10.0.1.6=10.0.1.67,10.0.1.67=10.0.1.6',
  GoneAddresses: '',
  OwnAddresses: '',
  MachineName: 'restored',
  SshHostKeys: 'keep',
};
const entries: Record<string, TreeEntry> = {
  '/app/a': 'one 10.0.1.6 two 10.0.1.67\n',
  '/app/b c': { text: 'one 10.0.1.67\n', mode: 0o440 },
  '/app/link': { link: 'a' },
  '/app/none': 'nothing of ours\n',
  '/etc/hostname': 'old\n',
  '/etc/cloud/cloud.cfg': '',
};

/** Tools that change files, each of which kills the script before or after its n-th call of all. */
const tools = ['cp', 'mv', 'rm', 'mkdir', 'cat', 'chmod', 'awk', 'rmdir'];
function deadly(): { folder: string; arm(call: number, when: 'before' | 'after'): void; calls(): number } {
  const folder = freshFolder('deadly');
  const file = (name: string): string => join(folder, `.${name}`);
  for (const tool of tools) {
    const real = locate(tool);
    writeFileSync(
      join(folder, tool),
      `#!/bin/sh
n=$(($(/bin/cat '${file('count')}') + 1))
echo "$n" >'${file('count')}'
read -r call when <'${file('armed')}'
# A part of the script may be a process of its own: everything up to the script's first process dies.
die() {
  above=$PPID
  while [ "$(/bin/cat "/proc/$above/comm" 2>/dev/null)" = ${usual.shell} ]; do
    all="$all $above"
    read -r _ _ _ above _ <"/proc/$above/stat"
  done
  kill -9 $all 2>/dev/null
}
if [ "$n" = "$call" ] && [ "$when" = before ]; then die; exit 1; fi
${real} "$@"
status=$?
if [ "$n" = "$call" ]; then die; fi
exit "$status"
`,
    );
    chmodSync(join(folder, tool), 0o755);
  }
  const arm = (call: number, when: 'before' | 'after'): void => {
    writeFileSync(file('count'), '0\n');
    writeFileSync(file('armed'), `${call} ${when}\n`);
  };
  return { folder, arm, calls: () => Number(readFileSync(file('count'), 'utf8')) };
}

const plain = (root: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(snapshot(root))
      .filter(([, entry]) => !entry.startsWith('folder'))
      // A file that was rewritten has the time of its rewriting.
      .map(([path, entry]) => [path, entry.replace(/^(file \d+ \d+:\d+) [\d.]+/, '$1')]),
  );

const death = deadly();
const run = (text: string, root: string, armed: boolean) =>
  runScript(
    inTree(text, root),
    text === undo ? { RestoreId: 'r1' } : values,
    armed ? { before: death.folder } : {},
  );

const intact = plant(freshFolder(), entries);
const untouched = plain(intact);
death.arm(0, 'before');
const finished = run(script, intact, true);
const rewritten = plain(intact);
const rewriteCalls = death.calls();
death.arm(0, 'before');
const undone = run(undo, intact, true);
const undoCalls = death.calls();

test('the measure works: a run without a death rewrites, and undo puts back', () => {
  expect(finished).toMatchObject({ status: 0, stderr: '' });
  expect(rewritten['/app/a']).toContain('one 10.0.1.67 two 10.0.1.6\n');
  expect(rewritten['/etc/hostname']).toContain('restored\n');
  expect(undone).toMatchObject({ status: 0, stderr: '' });
  expect(plain(intact)).toEqual(untouched);
  process.stderr.write(
    `points of death: ${rewriteCalls} in a rewrite, ${undoCalls} in an undo, each before and after\n`,
  );
});

// Every sixth point in a usual run, spread evenly; all of them where time is no matter.
const every = process.env.SNAPKEEP_CRASH_POINTS === 'all' ? 1 : 6;

test.each(['before', 'after'] as const)(
  'a rewrite that dies %s any of its calls is finished by the next run',
  (when) => {
    for (let call = 1; call <= rewriteCalls; call += every) {
      const root = plant(freshFolder(), entries);
      death.arm(call, when);
      run(script, root, true);
      expect(run(script, root, false)).toEqual(finished);
      expect({ call, tree: plain(root) }).toEqual({ call, tree: rewritten });
      expect(run(undo, root, false)).toMatchObject({ status: 0 });
      expect({ call, tree: plain(root) }).toEqual({ call, tree: untouched });
      rmSync(root, { recursive: true });
    }
  },
  240_000,
);

test.each(['before', 'after'] as const)(
  'an undo that dies %s any of its calls is finished by the next run',
  (when) => {
    for (let call = 1; call <= undoCalls; call += every) {
      const root = plant(freshFolder(), entries);
      run(script, root, false);
      death.arm(call, when);
      run(undo, root, true);
      expect(run(undo, root, false)).toMatchObject({ status: 0 });
      expect({ call, tree: plain(root) }).toEqual({ call, tree: untouched });
      expect(readdirSync(join(root, 'app')).filter((name) => name.startsWith('.'))).toEqual([]);
      expect(existsSync(join(root, 'etc/cloud/cloud.cfg.d'))).toBe(false);
      rmSync(root, { recursive: true });
    }
  },
  240_000,
);
