import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rewriteScript } from '../../functions/applications/scripts.ts';
import type { Figure } from './figure.ts';

const megabytes = 10;
const size = megabytes * 1024 * 1024;

/** 80 characters a line, an old address in every tenth. */
const lines = (): string => {
  const plain = `${'configuration = value '.repeat(4).slice(0, 79)}\n`;
  const own = `${'peer 10.0.1.67:9879 '.repeat(4).slice(0, 79)}\n`;
  return `${plain.repeat(9)}${own}`.repeat(size / 800);
};
/** One line, with an address every 100 characters. */
const oneLine = (): string => `${'x'.repeat(89)},10.0.1.67,`.repeat(size / 100);

const script = rewriteScript([{ glob: '/app/*', format: 'plain', keepComments: false }]);
const map = Array.from({ length: 12 }, (_, index) => `10.0.1.${60 + index}=10.0.9.${60 + index}`).join(',');

/** How long a rewrite of a 10 MB file takes, in units of the same awk copying it. */
export function benchRewrite(): Figure[] {
  return [
    { name: '10 MB in lines, over a copy by awk', value: ratioOf(lines()), limit: 60, unit: 'x' },
    { name: '10 MB in one line, over a copy by awk', value: ratioOf(oneLine()), limit: 400, unit: 'x' },
  ];
}

function ratioOf(text: string): number {
  const root = mkdtempSync(join(tmpdir(), 'snapkeep-bench-'));
  try {
    mkdirSync(join(root, 'app'));
    writeFileSync(join(root, 'app/file'), text);
    const copy = seconds(`awk '{ print }' '${root}/app/file' >'${root}/copy'`, {});
    const rewrite = seconds(script.replace(/^SNAPKEEP_ROOT=\/$/m, `SNAPKEEP_ROOT=${root}`), {
      SSM_RestoreId: 'bench',
      SSM_AddressMap: map,
      SSM_GoneAddresses: '',
      SSM_OwnAddresses: '',
      SSM_MachineName: '',
      SSM_SshHostKeys: 'keep',
    });
    return rewrite / copy;
  } finally {
    rmSync(root, { recursive: true });
  }
}

function seconds(text: string, values: Readonly<Record<string, string>>): number {
  const began = performance.now();
  const { status, stderr } = spawnSync('sh', ['-s'], {
    input: text,
    env: { PATH: process.env.PATH, LC_ALL: 'C', ...values },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the script ended with ${status}: ${stderr}`);
  return (performance.now() - began) / 1000;
}
