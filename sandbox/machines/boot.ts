import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BootOrder, scriptOrder } from './boot-order.ts';
import { removeTree } from './copy-tree.ts';
import { inside } from './inside.ts';
import { userDataStages } from './user-data-stages.ts';

/**
 * Boots a machine, stage by stage on the sandbox clock, as far as a restore relies on it: what cloud-init does to
 * names, keys and network, the user data's boothooks and scripts, and the start of the enabled units.
 */
export function bootMachine(order: BootOrder): void {
  const { machine, home, settings, at } = order;
  emptyMemoryFileSystem(machine.root());
  home.forget();
  home.setFacts(order.around().facts);
  // The service manager has read its units and queued its jobs before anything of the machine's own can run.
  runUnits(order, 'power-on', at);

  const { early, late } = userDataStages(order);
  const first = Math.min(settings.bootHookSeconds, settings.unitSeconds);
  const second = Math.max(settings.bootHookSeconds, settings.unitSeconds);
  const [hookSeconds, unitSeconds] = settings.unitsWinRace ? [second, first] : [first, second];
  const stages = [
    { seconds: hookSeconds, act: (time: number) => early(time) },
    { seconds: unitSeconds, act: (time: number) => runUnits(order, 'default', time) },
  ].sort((left, right) => left.seconds - right.seconds);
  stages.push({ seconds: Math.max(second, settings.finalSeconds), act: (time: number) => late(time) });
  for (const { seconds, act } of stages) {
    const time = at + seconds * 1000;
    order.later(time, () => act(time));
  }
}

/** Whoever asks the service manager: `power-on` queues the enabled units, `default` starts what is queued still. */
export function runUnits(
  order: Pick<BootOrder, 'machine' | 'home' | 'executor' | 'settings' | 'around'>,
  verb: 'power-on' | 'default' | 'assume-running',
  at: number,
): void {
  const outcome = order.executor.runNow({
    ...scriptOrder(order, 'boot', at),
    script: `SNAPKEEP_ROOT=/\nexec systemctl ${verb}\n`,
    trusted: true,
    env: {},
  });
  if (outcome.kind === 'refused') throw new Error(outcome.reason);
  for (const event of outcome.events) order.machine.record(event);
}

/** /run is a file system in memory: a runtime mask does not survive a power-off, nor does it travel in an image. */
function emptyMemoryFileSystem(root: string): void {
  const folder = inside(root, '/run');
  if (folder === undefined || folder === root) return;
  try {
    for (const name of readdirSync(folder)) removeTree(join(folder, name));
  } catch {
    // The tree has none.
  }
}
