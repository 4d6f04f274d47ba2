/** What Snapkeep puts on the default event bus: the contract of rules that people write, and of the roles' permissions. */
export const eventSource = 'snapkeep';

/** Detail types by what they tell of; `docs/events.md` describes their details. */
export const eventTypes = {
  backup: ['Snapkeep Backup Completed', 'Snapkeep Backup Partial', 'Snapkeep Backup Failed'],
  rotation: ['Snapkeep Rotation Completed', 'Snapkeep Rotation Refused', 'Snapkeep Rotation Failed'],
  restore: ['Snapkeep Restore Completed', 'Snapkeep Restore Failed'],
} as const;

export type EventType = (typeof eventTypes)[keyof typeof eventTypes][number];

/** Of the details: raised when a member goes or means something else, not when one is added. */
export const eventVersion = 1;
