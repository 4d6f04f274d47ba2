/** Answers `possible`; where it is false, says in the log what is not checked here and why. */
export function orSkip(possible: boolean, reason: string): boolean {
  if (!possible) process.stderr.write(`skipped: ${reason}\n`);
  return possible;
}
