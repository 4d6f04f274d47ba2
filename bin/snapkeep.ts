#!/usr/bin/env node
import { printFailure, toFailure } from './cli/failure.ts';
import { createProcessIo, exitAfterFlush } from './cli/process.ts';
import { runCli } from './cli/run.ts';

const argv = process.argv.slice(2);
const io = createProcessIo();

// A defect outside of any promise that somebody waits for. Say so in a sentence and end.
process.on('uncaughtException', (error) => {
  const failure = toFailure(error, io);
  printFailure(failure, io, argv.includes('--json'));
  void exitAfterFlush(failure.exitCode);
});

await exitAfterFlush(await runCli(argv, io));
