import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints `N passed, N failed` as the very last line, which CI reads. A file that does not load, a hook that throws and an
 * error outside of any test each count as one failure; a skipped test counts as neither.
 */
export default class SummaryReporter implements Reporter {
  private passed = 0;
  private failed = 0;

  onInit(): void {
    // At exit rather than at the end of the tests: the other reporters and the global teardown may still have something to say.
    process.once('exit', (code) => {
      // A run can also fail before there is a test to count: no file matched, or the global setup threw.
      const failed = this.failed === 0 && code !== 0 ? 1 : this.failed;
      process.stdout.write(`${this.passed} passed, ${failed} failed\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.passed = 0;
    this.failed = unhandledErrors.length;
    for (const module of modules) this.count(module);
  }

  private count(module: TestModule): void {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') this.passed += 1;
      if (state === 'failed') this.failed += 1;
    }
    for (const suite of [module, ...module.children.allSuites()]) {
      if (suite.errors().length > 0) this.failed += 1;
    }
  }
}
