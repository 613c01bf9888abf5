export { factorSuite, type FactorTestRunner } from './factor-suite.js';
export type { BegunEnrolment, FactorAnswers, FactorSuiteOptions } from './factor-stage.js';
export { fakeClock, type FakeClock } from './fake-clock.js';
export { lastCode } from './last-code.js';
export type { TestRunner } from './runner.js';
export { scriptedRandom } from './scripted-random.js';
export { storeSuite, type StoreSuiteOptions } from './store-suite.js';
export { SuiteUser, type FactorServer, type ServerAnswer } from './suite-user.js';
export { HOTP_SECRET, HOTP_VECTORS, TOTP_VECTORS, type HotpVector, type TotpVector } from './vectors.js';
