import { browserSupportsWebAuthnAutofill, WebAuthnAbortService } from '@simplewebauthn/browser';
import { useEffect } from 'react';
import { passkeys, type Login } from '../parse-app.js';

/** A challenge expires after five minutes, and the page may stay open for longer. */
const RENEW_MS = 4 * 60_000;

/**
 * Lets the browser offer passkeys in the field for the user name, while `isWanted` is true. The user has not asked for
 * this, so errors are ignored.
 */
export function usePasskeyAutofill(isWanted: boolean, onResult: (result: Login) => void): void {
  useEffect(() => {
    if (!isWanted) return undefined;
    let isOver = false;
    const offer = async (): Promise<void> => {
      if (!(await browserSupportsWebAuthnAutofill()) || isOver) return;
      // A user who chooses a passkey here is signed in, even if they have started another way meanwhile.
      passkeys.logIn({ autofill: true }).then(onResult, () => undefined);
    };
    void offer();
    const timer = setInterval(() => {
      WebAuthnAbortService.cancelCeremony();
      void offer();
    }, RENEW_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
      WebAuthnAbortService.cancelCeremony();
    };
  }, [isWanted]);
}
