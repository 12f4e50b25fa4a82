import { defineConfig } from 'vitest/config';
import SpreadWaiting from './test/setup/spread-waiting.js';

export default defineConfig({
  test: {
    // The SDK's native addon wants a process of its own, as the worker has in production.
    pool: 'forks',
    // Files share the modules that a process has loaded: loading them anew cost more than most files. So no test may change what others see.
    isolate: false,
    // None takes so long: a busy machine does.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/setup/summary-reporter.ts'],
    sequence: { sequencer: SpreadWaiting },
    projects: [
      {
        extends: true,
        // Unlike group orders never run at once: a measured deadline does not compete with another project for the cores.
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/chaos/**/*.test.ts'],
          globalSetup: ['./test/setup/global-setup.ts'],
          // Many of them wait, for a heartbeat to be missed or a process to start: a third uses the cores meanwhile.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
