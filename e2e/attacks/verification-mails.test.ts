import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startStage, type Stage } from '../support/harness.js';
import { MINUTE } from '../support/time.js';

/** Parse Server does not wait for its verification mails, and errors of theirs would end the process. */

let stage: Stage;
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(async () => {
  unhandled.length = 0;
  // Vitest would fail the run. Without a listener at all, Node ends the process.
  process.prependListener('unhandledRejection', note);
  stage = await startStage({
    server: {
      verifyUserEmails: true,
      appName: 'Acme',
      publicServerURL: 'http://localhost/parse',
      emailAdapter: {
        sendMail: async () => undefined,
        sendVerificationEmail: async () => undefined,
        sendPasswordResetEmail: async () => undefined,
      },
    },
  });
});
afterEach(async () => {
  process.off('unhandledRejection', note);
  await stage.stop();
});

describe('a login by a code whose body names an e-mail address', () => {
  it('leaves the process running, and tells of the mail that was not sent', async () => {
    const id = 'ann@example.com';
    const signIn = async (more: object): Promise<number> => {
      await stage.challenge({ challengeData: { emailLogin: { email: id } } });
      const code = stage.lastCode(stage.mail);
      stage.time.now += MINUTE;
      return (await stage.call('POST', '/users', { authData: { emailLogin: { id, code } }, ...more })).status;
    };
    expect(await signIn({})).toBe(201);
    expect(await signIn({ email: 'free@example.com' })).toBe(200);
    const faults = (): unknown[] => stage.events.filter(({ type }) => type === 'fault');
    await vi.waitFor(() =>
      expect(faults()).toMatchObject([{ reason: 'verification_mail_failed', ip: undefined, userId: undefined }]),
    );
    expect(unhandled).toEqual([]);
  });
});
