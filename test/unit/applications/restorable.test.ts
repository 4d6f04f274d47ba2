import { describe, expect, it } from 'vitest';
import { createFindApplication } from '../../../functions/applications/restorable.ts';
import type { CommandFacts } from '../../../functions/applications/restore-port.ts';

const find = createFindApplication('prod-eu');
const circleci = () => {
  const application = find('circleci-server');
  if (!application) throw new Error('the profile is gone');
  return application;
};
const facts: CommandFacts = {
  restoreId: 'one',
  machine: 'i-1',
  change: { replacements: [], gone: [], own: ['10.0.1.67'] },
  privateAddress: '10.0.9.14',
  serviceName: 'ci.example.com',
  oldServiceName: 'ci.example.com',
  sshHostKeys: 'keep',
};

describe('an application as a restore sees it', () => {
  it('runs the rewrite first, then starts the units, then steps, then checks; undo is no part of it', () => {
    const purposes = circleci().commands.map(({ purpose }) => purpose);
    expect(purposes.slice(0, 2)).toEqual(['rewrite', 'start-units']);
    expect(purposes.lastIndexOf('step')).toBeLessThan(purposes.indexOf('check'));
    expect(circleci().commands.map(({ name }) => name)).not.toContain('undo');
    expect(circleci().commands.filter(({ startsApplication }) => !startsApplication)).toHaveLength(1);
  });

  it('gives steps the service name only when it is another one', () => {
    const step = circleci().commands.find(({ purpose }) => purpose === 'step');
    expect(step?.parameters(facts)).toMatchObject({ ServiceName: '', PrivateAddress: '10.0.9.14' });
    expect(step?.parameters({ ...facts, serviceName: 'ci.new.example.com' }).ServiceName).toBe(
      'ci.new.example.com',
    );
  });

  it('refuses a value that no parameter may hold', () => {
    const step = circleci().commands.find(({ purpose }) => purpose === 'step');
    expect(() => step?.parameters({ ...facts, serviceName: '$(id)' })).toThrow(/cannot be given/);
  });

  it('leaves out what does not apply of what remains', () => {
    const all = { ...facts, serviceName: 'ci.new.example.com' };
    const moved = {
      replacements: [{ what: 'private address', old: '10.0.1.67', new: '10.0.9.14' }],
      gone: [],
      own: [],
    };
    expect(circleci().remains(facts).join()).not.toMatch(/OAuth|Nomad clients/);
    expect(circleci().remains(all).join()).toMatch(/OAuth/);
    expect(
      circleci()
        .remains({ ...facts, change: moved })
        .join(),
    ).toMatch(/Nomad clients/);
  });

  it('describes its file rules in a line each', () => {
    const rules = circleci().fileRules;
    expect(rules).toContain(
      '/etc/default/replicated* (shell-assignment; never DAEMON_TOKEN, OPERATOR_ID, LOG_LEVEL, TAGS; PUBLIC_ADDRESS goes when there is no such address; comments stay)',
    );
    expect(rules.join('\n')).toMatch(/\/etc\/hosts/);
  });

  it('says what to do when the old user data leaves no room for ours', () => {
    const oldUserData = `#!/bin/sh\n${'# padding\n'.repeat(1700)}`;
    expect(() => circleci().launchUserData({ sshHostKeys: 'keep', oldUserData })).toThrow(/16 KB/);
  });

  it('is undefined where there is no profile of that name', () => {
    expect(find('no-such-application')).toBeUndefined();
  });
});
