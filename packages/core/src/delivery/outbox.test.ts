import { afterEach, describe, expect, it, vi } from 'vitest';
import { outbox } from './outbox.js';

afterEach(() => vi.unstubAllEnvs());

const delivery = (to: string) =>
  ({
    to,
    subject: 's',
    text: 't',
    code: '1',
    expiresAt: 0,
    validMinutes: 1,
    purpose: 'sign-in',
    locale: 'en',
    user: { id: 'u', get: () => undefined },
    signal: new AbortController().signal,
  }) as const;

describe('outbox', () => {
  it('refuses to start in production, saying why', () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(() => outbox()).toThrow(/^outbox: .*NODE_ENV=production/);
  });

  it('keeps the last thousand messages', async () => {
    const box = outbox({ name: 'sms', clock: () => 0 });
    for (let index = 0; index < 1005; index += 1) await box.send(delivery(String(index)));
    expect(box.messages).toHaveLength(1000);
    expect(box.messages[0]).toEqual({ channel: 'sms', to: '5', subject: 's', text: 't', sentAt: '1970-01-01T00:00:00.000Z' });
  });
});
