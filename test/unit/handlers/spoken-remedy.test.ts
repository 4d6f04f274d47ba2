import { describe, expect, it } from 'vitest';
import { speakingRemedies } from '../../../functions/handlers/spoken-remedy.ts';
import { refusedError, usageError } from '../../../functions/shared/errors.ts';

const failing = (error: unknown) =>
  speakingRemedies(async () => {
    throw error;
  });

describe('an error that a person sees in the console', () => {
  it('says what to do about it', async () => {
    const entry = failing(usageError('there is no plan "nope"', 'its plans are ci, fleet'));
    await expect(entry({})).rejects.toMatchObject({
      name: 'SnapkeepError',
      kind: 'usage',
      message: 'there is no plan "nope". What to do: its plans are ci, fleet',
    });
  });

  it('stays as it is when there is nothing to add, or when it is a defect', async () => {
    for (const error of [refusedError('no'), new TypeError('x is not a function')])
      await expect(failing(error)({})).rejects.toBe(error);
  });

  it('does not touch an answer', async () => {
    const entry = speakingRemedies(async (event, context) => [event, context?.getRemainingTimeInMillis()]);
    expect(await entry({ plan: 'ci' }, { getRemainingTimeInMillis: () => 5 })).toEqual([{ plan: 'ci' }, 5]);
  });
});
