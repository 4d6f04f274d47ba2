import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/temporary-folder.ts'],
    // Sandboxes and crash enumerations run a real server; a hung socket should fail well before CI does.
    testTimeout: 60_000,
    hookTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['bin/**', 'lib/**', 'functions/**', 'sandbox/**'],
      reporter: ['text-summary'],
    },
  },
});
