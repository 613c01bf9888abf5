import type { Runtime } from '../account/runtime.js';
import { notifyListener } from '../events/notify-listener.js';
import { isFirstLook } from './loaded-modules.js';
import type { HookConfig } from './parse-types.js';
import { serverEvent } from '../events/server-event.js';

/** A symbol on wrapped objects, so that copies of this package wrap them once (one by `import`, one by `require`). */
const WATCHED = Symbol.for('parse-factors.verification-mails');

/**
 * Turns a verification mail that Parse Server cannot send into an event. Parse Server does not wait for these mails, so their
 * errors would be unhandled and end the process. It makes such an error itself, at a login whose body names an e-mail address:
 * the login stores no token of verification, and the mail looks for it. It also makes one where the address changes again before the
 * mail is written. Strangers can cause it, so the event log does not keep the
 * event.
 */
export function watchVerificationMails({ userController: mails }: HookConfig, runtime: Runtime): void {
  if (mails?.sendVerificationEmail === undefined || !isFirstLook(mails, WATCHED)) return;
  const send = mails.sendVerificationEmail;
  mails.sendVerificationEmail = async (...given) => {
    try {
      return await send.call(mails, ...given);
    } catch {
      notifyListener(runtime.onEvent, serverEvent(runtime, { type: 'fault', reason: 'verification_mail_failed' }));
      return undefined;
    }
  };
}
