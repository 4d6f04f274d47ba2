import { beforeEach, describe, expect, it } from 'vitest';
import { createTellOnceADay } from '../../../functions/handlers/once-a-day.ts';
import { silentLogger } from '../../../functions/shared/logger.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';
import { MemoryVault } from '../../support/memory-vault.ts';

const hour = 3_600_000;
let clock: VirtualClock;
let vault: MemoryVault;
let told: string[];
let warnings: string[];
beforeEach(() => {
  clock = new VirtualClock(Date.parse('2026-11-20T20:30:00Z'));
  vault = new MemoryVault();
  told = [];
  warnings = [];
});

interface Trouble {
  readonly vault?: Partial<MemoryVault>;
  readonly topicTakes?: boolean;
}

function telling({ vault: bad = {}, topicTakes = true }: Trouble = {}) {
  const working = { read: vault.read.bind(vault), create: vault.create.bind(vault) };
  return createTellOnceADay({
    ...{ clock, vault: { ...working, ...bad } },
    logger: { ...silentLogger, warn: (message) => warnings.push(message) },
    notices: {
      measure: () => undefined,
      announce: async () => undefined,
      async tell(subject) {
        if (topicTakes) told.push(subject);
        return topicTakes;
      },
    },
  });
}

describe('what people are told once a day', () => {
  it('is told again on the next day, in UTC, and not before', async () => {
    for (let run = 0; run < 6; run += 1) {
      // A function of its own each time: nothing is remembered but by the ledger.
      await telling()('ci', ['refused'], `at ${new Date(clock.now()).toISOString().slice(11, 16)}`, []);
      clock.advance(hour);
    }
    expect(told).toEqual(['at 20:30', 'at 00:30']);
  });

  it('is told at once when it is something else, or of another plan', async () => {
    const tell = telling();
    await tell('ci', ['damaged', 'ami-1'], 'one', []);
    await tell('ci', ['damaged', 'ami-1', 'ami-2'], 'two', []);
    await tell('fleet', ['damaged', 'ami-1'], 'other', []);
    await tell('ci', ['damaged', 'ami-1'], 'again', []);
    expect(told).toEqual(['one', 'two', 'other']);
    expect([...vault.documents.keys()]).toEqual([
      expect.stringMatching(/^ledger\/ci\/told\/2026-11-20-[0-9a-f]{12}\.json$/),
      expect.stringMatching(/^ledger\/ci\/told\//),
      expect.stringMatching(/^ledger\/fleet\/told\//),
    ]);
  });

  it('is not taken for told when the topic did not take it', async () => {
    await telling({ topicTakes: false })('ci', ['refused'], 'lost', []);
    await telling()('ci', ['refused'], 'told', []);
    expect(told).toEqual(['told']);
  });

  it('is told once too often rather than not at all when the ledger does not answer', async () => {
    const no = async () => {
      throw new Error('the vault does not answer');
    };
    await telling({ vault: { create: no } })('ci', ['refused'], 'first', []);
    await telling({ vault: { read: no } })('ci', ['refused'], 'second', []);
    expect(told).toEqual(['first', 'second']);
    expect(warnings).toEqual([
      'what people were told is not in the ledger',
      'what people were told is not in the ledger',
    ]);
  });
});
