import type { Server } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { losesMark } from '../../account/verified-field.js';

/** Whether a changed `email` loses its mark as verified. */
export const marksEmails = (runtime: Pick<Runtime, 'addressVerification'>, { accounts }: Pick<Server, 'accounts'>): boolean =>
  losesMark('email', runtime, accounts.verifiesEmails);

/** Whether a factor that resets passwords sends its codes to email addresses. */
export const hasEmailReset = ({ passwordReset, factors }: Pick<Runtime, 'passwordReset' | 'factors'>): boolean =>
  passwordReset.some((key) => factors[key]?.addressProof?.field === 'email');

/** Whether a code to the `email` can set a password. */
export const resetsByEmail = (runtime: Runtime, server: Pick<Server, 'accounts'>): boolean =>
  marksEmails(runtime, server) && hasEmailReset(runtime);

/** Whether the owner of an unverified `email` may take its account over, in principle. */
export const mayBeTaken = ({ takeOver }: Pick<Runtime, 'takeOver'>, { accounts }: Pick<Server, 'accounts'>): boolean =>
  takeOver && accounts.verifiesEmails;
