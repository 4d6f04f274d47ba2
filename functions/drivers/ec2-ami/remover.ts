import type { Remover } from '../removal.ts';
import { findImages, inventoryOfImages } from './inventory.ts';
import { type ObstacleClients, obstaclesOfImages } from './obstacles.ts';
import { removeImage } from './remove.ts';
import { type RemovalTools, removeStraySnapshot } from './remove-snapshots.ts';

export type Ec2AmiRemoverOptions = RemovalTools & ObstacleClients;

/** AMIs with their EBS snapshots. */
export function createEc2AmiRemover(options: Ec2AmiRemoverOptions): Remover {
  return {
    inventory: ({ deployment }) => inventoryOfImages(options.ec2, deployment),
    find: (ids) => findImages(options.ec2, ids),
    obstacles: (copies) => obstaclesOfImages(options, copies),
    remove: (copy, { deployment }) => removeImage(options, copy, deployment),
    removeStray: (snapshot, { deployment }) => removeStraySnapshot(options, snapshot, deployment),
  };
}
