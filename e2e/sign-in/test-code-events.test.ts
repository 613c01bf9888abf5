import { expect, it } from 'vitest';
import { SeveralUser, startSeveralStage } from '../support/several-stage.js';
import { MINUTE } from '../support/time.js';

it('each use of a fixed code is an event, also at an address that is not the first of several', async () => {
  const several = await startSeveralStage(3, {
    mail: { testCodes: { addresses: { 'review@example.com': '112233' }, until: '2027-01-31' } },
  });
  try {
    const user = await SeveralUser.signUp(several);
    await user.addEmail('mine@example.org', 'Mine');
    const add = { challengeData: { email: { email: 'review@example.com' } } };
    expect((await several.challenge(add, user.person.session)).status).toBe(200);
    expect((await user.save({ email: { email: 'review@example.com', code: '112233', name: 'Test' } })).status).toBe(200);
    several.time.now += MINUTE;
    several.events.length = 0;
    expect((await user.ask({ email: { id: await user.idOf('email', 'Test') } })).status).toBe(200);
    expect((await user.logIn({ email: '112233' })).status).toBe(200);
    expect(several.events.map(({ type }) => type)).toContain('test_code_used');
  } finally {
    await several.stop();
  }
});
