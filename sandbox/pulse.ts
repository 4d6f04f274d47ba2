import type { World } from './world.ts';

/** How often somebody looks at the clock, in real milliseconds. */
const beatMilliseconds = 25;

/**
 * Lets happen what is due although nobody asks the sandbox for anything: timers of executions end and schedules run by
 * themselves. Answers how to stop it. It keeps no process alive.
 */
export function startPulse(world: World, onError: (error: unknown) => void): () => void {
  const timer = setInterval(() => {
    try {
      world.settle();
    } catch (error) {
      onError(error);
    }
  }, beatMilliseconds);
  timer.unref();
  return () => clearInterval(timer);
}
