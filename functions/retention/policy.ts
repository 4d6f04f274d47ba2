/** A span of calendar time as written in a policy: `2d`, `1y5m7d2h`. All parts are non-negative. */
export interface CalendarDuration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
}

/** How long recovery points are kept; the semantics are those of restic `forget`. An absent rule keeps nothing by itself. */
export interface RetentionPolicy {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  readonly within?: CalendarDuration;
  readonly withinHourly?: CalendarDuration;
  readonly withinDaily?: CalendarDuration;
  readonly withinWeekly?: CalendarDuration;
  readonly withinMonthly?: CalendarDuration;
  readonly withinYearly?: CalendarDuration;
  /** Never fewer than this many recovery points of a group. */
  readonly minimum: number;
  /** Share of a group, in percent, that one rotation may delete without a person's confirmation. */
  readonly maxDeletePercent: number;
  /** Partial and failed backups go when a newer complete one has reached this age. */
  readonly partialKeep: CalendarDuration;
}
