/** Switches of the machines. Times are seconds of the sandbox clock after the instance is `running`, unless told. */
export interface MachineSettings {
  /** When cloud-init reads the user data, sets names and runs boothooks. */
  bootHookSeconds: number;
  /** When the enabled units start. */
  unitSeconds: number;
  /** When scripts of the user data run and cloud-init is done. */
  finalSeconds: number;
  /** When the agent of Systems Manager reports for the first time, if it is let out. */
  agentSeconds: number;
  /**
   * Lets the enabled units start before the boothooks run, as can happen where cloud-init is not ordered before
   * sysinit.target (Red Hat's family). Security groups are all that holds them then.
   */
  unitsWinRace: boolean;
  /** Version of every agent that `agentVersions` does not name. */
  agentVersion: string;
  /** Real seconds that a script of a command may take, and one of a boot. */
  commandSeconds: number;
  bootScriptSeconds: number;
  /** Sandbox time that a command takes beside its sleeps. */
  commandOverheadSeconds: number;
}

export const defaultMachineSettings: Readonly<MachineSettings> = {
  bootHookSeconds: 1,
  unitSeconds: 2,
  finalSeconds: 3,
  agentSeconds: 5,
  unitsWinRace: false,
  agentVersion: '3.3.3572.0',
  commandSeconds: 60,
  bootScriptSeconds: 10,
  commandOverheadSeconds: 0.5,
};

/** "SSM Agent version 3.3.2746.0 or later" (Troubleshooting parameter handling issues). */
const environmentSince = [3, 3, 2746, 0];

/** Whether an agent passes parameters of `interpolationType: ENV_VAR` as environment variables. */
export function knowsEnvironmentParameters(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, least] of environmentSince.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
