/** What a role is allowed and what of it was ever used. */
import { namesAction } from './evaluator.ts';
import type { Statement } from './policy.ts';
import type { Demand } from './requests/demand.ts';

/** An action that one statement allows, as it is written there. */
export interface Permission {
  readonly statement: Statement;
  readonly action: string;
}

export interface RoleUsage {
  readonly roleArn: string;
  /** Actions that were asked for and allowed, with how often. */
  readonly used: ReadonlyMap<string, number>;
  /** Actions that were asked for and refused, with the resources. */
  readonly refused: ReadonlyMap<string, ReadonlySet<string>>;
  /** Actions as the role's statements allow them, patterns included. */
  readonly allowed: readonly string[];
  /** Of these, what nothing has needed so far: by statement, so that an action may be there and in `used` too. */
  readonly unused: readonly Permission[];
}

export class UsageRecord {
  readonly #used = new Map<string, number>();
  readonly #refused = new Map<string, Set<string>>();
  readonly #permissions = new Map<Statement, Set<string>>();

  /** An allowed demand, with the statements that allow it. */
  allow({ action }: Demand, statements: readonly Statement[]): void {
    this.#used.set(action, (this.#used.get(action) ?? 0) + 1);
    for (const statement of statements) {
      const actions = this.#permissions.get(statement) ?? new Set();
      this.#permissions.set(statement, actions.add(action));
    }
  }

  refuse({ action, resource }: Demand): void {
    this.#refused.set(action, (this.#refused.get(action) ?? new Set()).add(resource));
  }

  report(roleArn: string, statements: readonly Statement[]): RoleUsage {
    const permissions = statements
      .filter(({ effect }) => effect === 'Allow')
      .flatMap((statement) => (statement.actions ?? []).map((action) => ({ statement, action })));
    return {
      roleArn,
      used: this.#used,
      refused: this.#refused,
      allowed: [...new Set(permissions.map(({ action }) => action))].sort(),
      unused: permissions.filter(({ statement, action }) => {
        const used = this.#permissions.get(statement) ?? new Set<string>();
        return ![...used].some((each) => namesAction({ ...statement, actions: [action] }, each));
      }),
    };
  }
}
