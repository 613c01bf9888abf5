import { browserSupportsWebAuthnAutofill, WebAuthnAbortService } from '@simplewebauthn/browser';
import { useEffect } from 'react';
import { passkeys, type Login } from '../parse-app.js';

/** A challenge is good for five minutes; a page may stay open for longer. */
const RENEW_MS = 4 * 60_000;

/**
 * Has the browser offer passkeys in the field for the name, as long as it is wanted. Nobody has asked for it, so
 * nothing is told of what goes wrong.
 */
export function usePasskeyAutofill(isWanted: boolean, onResult: (result: Login) => void): void {
  useEffect(() => {
    if (!isWanted) return undefined;
    let isOver = false;
    const offer = async (): Promise<void> => {
      if (!(await browserSupportsWebAuthnAutofill()) || isOver) return;
      // Whoever has touched his passkey is signed in, whatever else he has begun meanwhile.
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
