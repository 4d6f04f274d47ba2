import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnRegistry, CfnSchema } from 'aws-cdk-lib/aws-eventschemas';
import { Construct } from 'constructs';
import type { Config } from '../functions/plan/config.ts';
import { functionNames } from './names.ts';
import { schemaOf, type TestedFunction, testEventsOf } from './test-events.ts';

/** Where the Lambda console looks for shareable test events ("Testing Lambda functions in the console"). */
const registryName = 'lambda-testevent-schemas';

const tested = {
  backup: 'BackupEvents',
  rotate: 'RotateEvents',
  restore: 'RestoreEvents',
} as const satisfies Record<TestedFunction, string>;

export interface ConsoleEventsProps {
  readonly config: Config;
}

/** Events to pick from in the console of each function that people call. */
export class ConsoleEvents extends Construct {
  constructor(scope: Construct, id: string, { config }: ConsoleEventsProps) {
    super(scope, id);
    const { testEvents = true, registry = 'create' } = config.console ?? {};
    if (!testEvents) return;
    const own = registry === 'create' ? this.#makeRegistry() : undefined;
    const names = functionNames(config.deployment);
    const plans = Object.keys(config.plans);
    for (const each of ['backup', 'rotate', 'restore'] as const) {
      const schema = new CfnSchema(this, tested[each], {
        registryName,
        schemaName: `_${names[each]}-schema`,
        type: 'OpenApi3',
        description: `Test events of the function ${names[each]}`,
        content: schemaOf(testEventsOf(each, plans)),
      });
      if (own) schema.addResourceDependency(own);
    }
  }

  #makeRegistry(): CfnRegistry {
    const registry = new CfnRegistry(this, 'Registry', {
      registryName,
      description: 'Shareable test events of Lambda functions',
    });
    // Others keep their events in it as well.
    registry.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return registry;
  }
}
