/** The functions of a test runner: those of vitest, jest, mocha and `node:test` fit. */
export interface TestRunner {
  /** Groups cases. */
  describe(name: string, body: () => void): unknown;
  /** One case; it fails when the promise rejects. Pass a wrapper to give cases more time than the runner does. */
  it(name: string, body: () => Promise<void>): unknown;
}
