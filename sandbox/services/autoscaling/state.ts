import type { AutoScalingGroup, LaunchConfiguration } from '@aws-sdk/client-auto-scaling';
import type { RequestContext } from '../../service.ts';

export interface Place {
  readonly account: string;
  readonly region: string;
}

/** Groups and launch configurations of all accounts and Regions, in the API's own words. */
export class AutoScalingState {
  readonly #groups = new Map<string, AutoScalingGroup[]>();
  readonly #configurations = new Map<string, LaunchConfiguration[]>();

  /** In the order of their names, as all lists of them come. */
  groups(place: Place): readonly AutoScalingGroup[] {
    return this.#groups.get(keyOf(place)) ?? [];
  }

  configurations(place: Place): readonly LaunchConfiguration[] {
    return this.#configurations.get(keyOf(place)) ?? [];
  }

  addGroup(place: Place, group: AutoScalingGroup): void {
    const all = [...this.groups(place), group];
    this.#groups.set(
      keyOf(place),
      sorted(all, ({ AutoScalingGroupName }) => AutoScalingGroupName),
    );
  }

  addConfiguration(place: Place, configuration: LaunchConfiguration): void {
    const all = [...this.configurations(place), configuration];
    this.#configurations.set(
      keyOf(place),
      sorted(all, ({ LaunchConfigurationName }) => LaunchConfigurationName),
    );
  }

  /** Whether there was one. */
  removeGroup(place: Place, name: string): boolean {
    const all = this.groups(place);
    const rest = all.filter(({ AutoScalingGroupName }) => AutoScalingGroupName !== name);
    this.#groups.set(keyOf(place), rest);
    return rest.length < all.length;
  }

  removeConfiguration(place: Place, name: string): boolean {
    const all = this.configurations(place);
    const rest = all.filter(({ LaunchConfigurationName }) => LaunchConfigurationName !== name);
    this.#configurations.set(keyOf(place), rest);
    return rest.length < all.length;
  }
}

export const placeOf = ({ caller, region }: RequestContext): Place => ({ account: caller.account, region });

const keyOf = ({ account, region }: Place): string => `${account} ${region}`;

const sorted = <T>(items: readonly T[], name: (item: T) => string | undefined): T[] =>
  [...items].sort((a, b) => ((name(a) ?? '') < (name(b) ?? '') ? -1 : 1));
