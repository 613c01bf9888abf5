import type { Server } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';

/** Whether a changed `email` loses its mark as verified: Parse Server takes it away, or the guard does. */
export const marksEmails = ({ addressVerification }: Pick<Runtime, 'addressVerification'>, { accounts }: Server): boolean =>
  accounts.verifiesEmails || Object.hasOwn(addressVerification, 'email');

/** Whether a code to the `email` can set a password. */
export const resetsByEmail = (runtime: Runtime, server: Server): boolean =>
  marksEmails(runtime, server) && runtime.passwordReset.some((key) => runtime.factors[key]?.addressProof?.field === 'email');
