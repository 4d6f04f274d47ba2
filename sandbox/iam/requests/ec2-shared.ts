import type { RequestContext } from '../../service.ts';
import type { Ec2Resources } from './ec2-resources.ts';

/** The resources that a request may name. */
export type Ec2For = (request: RequestContext) => Ec2Resources;
