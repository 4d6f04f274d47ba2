import type { Json } from './durable.ts';

/** One call to a service that would be made, as a dry run shows it: `{ service: 'ec2', action: 'RunInstances', ... }`. */
export type PlannedCall = {
  readonly service: string;
  readonly action: string;
  /** Without secrets. What is known only later stands as text in angle brackets: `<ID of the new machine>`. */
  readonly parameters: { readonly [name: string]: Json | undefined };
};
