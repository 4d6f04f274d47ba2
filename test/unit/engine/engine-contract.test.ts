import { createEngine } from '../../../functions/engine/engine.ts';
import { SimulatedCrash } from '../../../functions/engine/session.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';
import { durableContract } from '../../contract/durable-contract.ts';

durableContract('local engine', ({ functions = {}, crash } = {}) => {
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
});
