import { defineConfig } from 'vitest/config';
import LongestFirst from './test/setup/longest-first.js';

/** What tests what a process has once: where the SDK logs and tells its metrics, which the first worker says. */
const OF_A_PROCESS = ['test/integration/workflows/exits.test.ts'];
/** Many of them wait, for a heartbeat to be missed or a process to start: a third uses the cores meanwhile. */
const AT_ONCE = 3;

export default defineConfig({
  test: {
    // The SDK's native addon wants a process of its own, as the worker has in production.
    pool: 'forks',
    // Files share the modules that a process has loaded: loading them anew cost more than most files. So no test may change what others see.
    isolate: false,
    // None takes so long: a busy machine does.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 45_000 } },
    reporters: ['default', './test/setup/summary-reporter.ts'],
    sequence: { sequencer: LongestFirst },
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
          exclude: OF_A_PROCESS,
          globalSetup: ['./test/setup/global-setup.ts'],
          maxWorkers: AT_ONCE,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'process',
          include: OF_A_PROCESS,
          isolate: true,
          globalSetup: ['./test/setup/global-setup.ts'],
          maxWorkers: AT_ONCE,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
