import { parseMail } from '@parse-factors/channels/parse-mail';
import { outbox } from '@parse-factors/core';
import { SmtpStage } from '@parse-factors/e2e/smtp-stage';
import { createDatabase } from '@parse-factors/test-server/database/test-database';
import { freePort } from '@parse-factors/test-server/postgres';
import { createTransport } from 'nodemailer';
import { expect, inject, it } from 'vitest';
import { startServer } from '../src/server/server.js';
import { call } from './call.js';
import { testSettings } from './test-settings.js';

it('the example sends its codes by the mail adapter of Parse Server, through a mail server', async () => {
  const inbox = new SmtpStage();
  const transport = createTransport({ host: '127.0.0.1', port: await inbox.start(), ignoreTLS: true });
  const port = await freePort();
  const emailAdapter = {
    sendMail: (mail: { readonly to: string; readonly subject: string; readonly text: string }) =>
      transport.sendMail({ from: 'app@acme.example', ...mail }),
  };
  const channels = { email: parseMail(), sms: outbox({ name: 'sms' }), outboxes: [] };
  const server = await startServer(testSettings({ port }), channels, await createDatabase(inject('database')), {
    options: { silent: true, emailAdapter },
  });
  try {
    const asked = await call({
      port,
      path: '/challenge',
      body: { challengeData: { emailLogin: { email: 'ann@example.com' } } },
    });
    expect(asked).toMatchObject({ challengeData: { emailLogin: { status: 'sent', id: 'ann@example.com' } } });
    expect(inbox.mails).toMatchObject([{ to: [{ address: 'ann@example.com' }], from: { address: 'app@acme.example' } }]);
    const signedUp = await call({
      port,
      path: '/users',
      body: { authData: { emailLogin: { id: 'ann@example.com', code: inbox.lastCode } } },
    });
    expect(signedUp).toMatchObject({ sessionToken: expect.stringMatching(/^r:/) });
  } finally {
    await server.stop();
    transport.close();
    await inbox.stop();
  }
});
