import * as autoscaling from '@aws-sdk/client-auto-scaling';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { changeHandlers } from './changes.ts';
import { groupOf, launchConfigurationOf, type NewGroup } from './records.ts';
import { autoScalingHandlers } from './routes.ts';
import { AutoScalingState, type Place } from './state.ts';

export interface AutoScaling {
  readonly service: Service;
  seedGroup(place: Place, group: NewGroup): void;
  seedLaunchConfiguration(
    place: Place,
    configuration: { readonly name: string; readonly imageId: string },
  ): void;
}

/** Amazon EC2 Auto Scaling as far as it names images. Its groups launch nothing. */
export function createAutoScaling(world: World): AutoScaling {
  const state = new AutoScalingState();
  return {
    service: {
      signingName: 'autoscaling',
      protocol: 'awsQuery',
      clientPackage: autoscaling,
      xmlNamespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
      handlers: { ...autoScalingHandlers(state), ...changeHandlers(state) },
    },
    seedGroup: (place, group) => state.addGroup(place, groupOf(place, group, world.now())),
    seedLaunchConfiguration: (place, { name, imageId }) =>
      state.addConfiguration(place, launchConfigurationOf(place, name, imageId, world.now())),
  };
}
