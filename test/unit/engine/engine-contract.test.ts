import { createEngine } from '../../../functions/engine/engine.ts';
import { SimulatedCrash } from '../../../functions/engine/session.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';
import {
  type DurableHost,
  type DurableHostOptions,
  durableContract,
} from '../../contract/durable-contract.ts';
import { durableCrashContract } from '../../contract/durable-crash-contract.ts';

const makeHost = ({ functions = {}, crash }: DurableHostOptions = {}): DurableHost => {
  const start = Date.UTC(2026, 10, 20);
  const clock = new VirtualClock(start);
  const engine = createEngine({
    clock,
    functions,
    onCheckpoint: ({ index, phase, name }) => {
      if (crash?.(index, phase)) throw new SimulatedCrash(`crash ${phase} ${name}`);
    },
  });
  return {
    elapsed: () => clock.now() - start,
    run: async (workflow, input) => {
      for (;;) {
        try {
          return await engine.run(workflow, input);
        } catch (error) {
          if (!(error instanceof SimulatedCrash)) throw error;
        }
      }
    },
  };
};

durableContract('local engine', makeHost);
durableCrashContract('local engine', makeHost);
