import { type BootOrder, scriptOrder } from './boot-order.ts';
import { readCloudConfig } from './cloud-config.ts';
import {
  finish,
  hasCloudInit,
  noteInstance,
  renderNetwork,
  renewHostKeys,
  setHostname,
  updateEtcHosts,
} from './cloud-init.ts';
import { writeInside } from './inside.ts';
import { digestOf } from './trust.ts';
import { readUserData, type UserDataPart } from './user-data.ts';

/** What cloud-init does in its network stage and in its final stage. */
export interface UserDataStages {
  early(at: number): void;
  late(at: number): void;
}

export function userDataStages(order: BootOrder): UserDataStages {
  const { machine } = order;
  const root = machine.root();
  let isNew = false;
  let scripts: readonly UserDataPart[] = [];

  return {
    early(at) {
      const note = (detail: string): void => machine.record({ at, kind: 'cloud-init', detail });
      if (!hasCloudInit(root)) {
        note('the image has no cloud-init, or it is switched off: user data is not looked at');
        return;
      }
      const { facts } = order.around();
      const parts = readUserData(order.userData);
      const of = (kind: UserDataPart['kind']) => parts.filter((part) => part.kind === kind);
      const config = readCloudConfig(
        root,
        of('cloud-config').map(({ text }) => text),
      );
      isNew = noteInstance(root, facts, config);
      note(
        isNew ? `first boot of ${facts.instanceId}` : `${facts.instanceId} is known, or the cache is trusted`,
      );
      scripts = isNew ? of('script') : [];
      for (const part of parts.filter(({ kind }) => kind === 'other'))
        note(`a part of the user data is of a kind that the sandbox does not know (sha256 ${part.digest})`);
      for (const key of config.unused) note(`${key} of the user data is not carried out by the sandbox`);
      // Boothooks run while the user data is read, on every boot, before any module.
      of('boothook').forEach((part, index) => {
        runPart(order, part, index, 'boothook', at);
      });
      if (isNew) renderNetwork(root, facts, config, note);
      setHostname(root, facts, config, isNew, note);
      updateEtcHosts(root, facts, config, note);
      if (isNew) renewHostKeys(root, facts, config, note);
    },

    late(at) {
      if (!hasCloudInit(root)) return;
      scripts.forEach((part, index) => {
        runPart(order, part, index, 'user-script', at);
      });
      finish(root, order.around().facts, at);
    },
  };
}

function runPart(
  order: BootOrder,
  part: UserDataPart,
  index: number,
  kind: 'boothook' | 'user-script',
  at: number,
): void {
  const { machine, trust } = order;
  const root = machine.root();
  const { facts } = order.around();
  const script = part.text.replace(/^#cloud-boothook[^\n]*\n?/, '').trimStart();
  // A line break at the end of a part belongs to the boundary that follows, or to the part, as one writes it.
  const vouchedFor = [part.digest, digestOf(`${part.text}\n`)].find((digest) => trust.has(digest));
  const record = (exitCode: number | undefined, detail: string): void =>
    machine.record({ at, kind, digest: vouchedFor ?? part.digest, exitCode, detail });
  const folder = `/var/lib/cloud/instances/${facts.instanceId}/${kind === 'boothook' ? 'boothooks' : 'scripts'}`;
  writeInside(root, `${folder}/part-${String(index + 1).padStart(3, '0')}`, script, 0o700);
  if (!script.startsWith('#!')) {
    // cloud-init executes the file itself, and no shell steps in.
    record(undefined, 'not executed: it has no line such as #!/bin/sh (exec format error)');
    return;
  }
  order.home.setFacts(facts);
  const outcome = order.executor.runNow({
    ...scriptOrder(order, kind, at),
    script,
    trusted: vouchedFor !== undefined,
    env: kind === 'boothook' ? { INSTANCE_ID: facts.instanceId } : {},
  });
  if (outcome.kind === 'refused') {
    record(undefined, `not executed: ${outcome.reason}`);
    return;
  }
  for (const event of outcome.events) machine.record(event);
  const said = `${outcome.stdout}${outcome.stderr}`.trim().slice(-2000);
  record(outcome.timedOut ? 124 : outcome.exitCode, said);
}
