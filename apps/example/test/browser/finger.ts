import type { Page } from 'playwright-core';
import { addAuthenticator } from '@parse-factors/test-server/chromium';

/** An authenticator in a visitor's device. */
export interface Finger {
  /** Lays a finger on it, or lifts it. */
  touch(isThere: boolean): Promise<void>;
  /** Chooses whether it recognises its user. Otherwise the browser ends its dialogue. */
  verify(isUserVerified: boolean): Promise<void>;
  /** Counts the passkeys that it holds. */
  passkeys(): Promise<number>;
  takeAway(): Promise<void>;
}

/** Adds an authenticator to the device of a page. A finger lies on it until it is lifted. */
export async function addFinger(page: Page): Promise<Finger> {
  const { cdp, authenticatorId } = await addAuthenticator(page);
  return {
    async touch(enabled) {
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    },
    async verify(isUserVerified) {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    async passkeys() {
      return (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length;
    },
    async takeAway() {
      await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    },
  };
}
