/** The functions of a test runner. Those of vitest, jest, mocha and `node:test` fit. */
export interface TestRunner {
  /** Groups cases. */
  describe(name: string, body: () => void): unknown;
  /** Defines one case, which fails if the promise rejects. Pass a wrapper to give cases more time than the runner's default. */
  it(name: string, body: () => Promise<void>): unknown;
}
