import { describe, expect, it, vi } from 'vitest';
import { ANN, codeOptions, MAIL, targetWith, TestChannel } from '../../test/code-stage.js';
import { MINUTE, stagedContext, userWith } from '../../test/unit-stage.js';
import type { AccountChange } from '../factor/notification.js';
import type { AddressType } from './address-type.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { CodeSender } from './code-sender.js';
import { MessageLimits } from './limits/send-limits.js';

const EN = '123456 is your code to sign in. It is valid for 10 minutes. Never share it.';

const stage = (more: Partial<ResolvedCodeFactorOptions> = {}, kind: AddressType = MAIL) => {
  const channel = new TestChannel();
  const options = codeOptions(channel, more);
  const context = stagedContext({ headers: { 'accept-language': 'de' } });
  const sender = new CodeSender(kind, options, new MessageLimits(kind, options));
  const live = { code: '123456', expiresAt: context.clock() + options.validityMs };
  return { channel, context, sender, deliver: () => sender.deliver(context, targetWith(), live) };
};

describe('a message with a code', () => {
  it.each<readonly [string, Partial<ResolvedCodeFactorOptions>, AddressType, string]>([
    [
      'is in the language of the request',
      {},
      MAIL,
      '123456 ist Ihr Code, um sich anzumelden. Er gilt 10 Minuten. Geben Sie ihn nie weiter.',
    ],
    [
      'is in the language that the application says',
      { locale: () => 'en' },
      MAIL,
      '123456 is your code to sign in. It is valid for 10 minutes. Never share it.',
    ],
    [
      'names the application',
      { locale: () => 'en', appName: 'Acme' },
      MAIL,
      '123456 is your Acme code to sign in. It is valid for 10 minutes. Never share it.',
    ],
    [
      'says a minute for less than that',
      { locale: () => 'en', validityMs: MINUTE / 2 },
      MAIL,
      '123456 is your code to sign in. It is valid for a minute. Never share it.',
    ],
    [
      'says no longer than it lives',
      { locale: () => 'en', validityMs: 3 * MINUTE - 1 },
      MAIL,
      '123456 is your code to sign in. It is valid for 2 minutes. Never share it.',
    ],
    ['is what the application writes', { message: ({ code }) => ({ subject: 's', text: `Code ${code}` }) }, MAIL, 'Code 123456'],
    [
      'ends with the line of its kind',
      { message: () => ({ subject: 's', text: 't' }) },
      { ...MAIL, autofillLine: (code) => `@acme.example #${code}` },
      't\n\n@acme.example #123456',
    ],
    [
      'is short where it would be too long for its last line',
      { locale: () => 'ru', appName: 'Приложение' },
      { ...MAIL, autofillLine: () => ({ line: 'FA+9qCX9VSu', maxBytes: 140 }) },
      '123456 — ваш код Приложение для входа.\n\nFA+9qCX9VSu',
    ],
    [
      'is whole where it fits with its last line',
      { locale: () => 'en' },
      { ...MAIL, autofillLine: () => ({ line: 'FA+9qCX9VSu', maxBytes: 140 }) },
      '123456 is your code to sign in. It is valid for 10 minutes. Never share it.\n\nFA+9qCX9VSu',
    ],
    [
      'is as the application writes it, whatever its length',
      { message: () => ({ subject: 's', text: 't'.repeat(200) }) },
      { ...MAIL, autofillLine: () => ({ line: 'FA+9qCX9VSu', maxBytes: 140 }) },
      `${'t'.repeat(200)}\n\nFA+9qCX9VSu`,
    ],
    [
      'has a last line that depends on the request',
      { message: () => ({ subject: 's', text: 't' }) },
      { ...MAIL, autofillLine: (_code, { headers }) => String(headers['accept-language']) },
      't\n\nde',
    ],
    ['has no last line where its kind gives none', { locale: () => 'en' }, { ...MAIL, autofillLine: () => undefined }, EN],
  ])('%s', async (_sentence, more, kind, text) => {
    const { channel, deliver } = stage(more, kind);
    await deliver();
    expect(channel.taken[0]?.text).toBe(text);
  });

  it.each<readonly [string, Partial<ResolvedCodeFactorOptions>]>([
    ['has no text', { message: () => ({ subject: 's' }) as never }],
    ['has a subject that is no text', { message: () => ({ subject: 1, text: 't' }) as never }],
    ['has an HTML part that is no text', { message: () => ({ subject: 's', text: 't', html: 1 }) as never }],
    [
      'cannot be written',
      {
        message: () => {
          throw new TypeError('no template');
        },
      },
    ],
    [
      'is in a language that cannot be found out',
      {
        locale: () => {
          throw new TypeError('no user');
        },
      },
    ],
  ])('is not sent where it %s', async (_sentence, more) => {
    const { channel, deliver } = stage(more);
    await expect(deliver()).rejects.toMatchObject({ code: 'delivery_failed', cause: { name: 'TypeError' } });
    expect(channel.taken).toEqual([]);
  });

  it('has an HTML part only where there is one', async () => {
    const { channel, deliver } = stage({ message: () => ({ subject: 's', text: 't' }) });
    await deliver();
    expect(channel.taken[0]).not.toHaveProperty('html');
  });

  it('is given up after the time for delivery, and its signal says so', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let signal: AbortSignal | undefined;
      const { deliver } = stage({
        deliveryTimeoutMs: 500,
        channel: (delivery) => {
          ({ signal } = delivery);
          return new Promise<void>(() => undefined);
        },
      });
      const outcome = expect(deliver()).rejects.toMatchObject({ code: 'delivery_failed', cause: { name: 'DeliveryTimeout' } });
      await vi.advanceTimersByTimeAsync(500);
      await outcome;
      expect(signal?.aborted).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a notice', () => {
  const change: AccountChange = { type: 'removed', request: { headers: {}, ip: undefined, installationId: undefined } };

  it('is sent to its address, and holds no code', async () => {
    const { channel, context, sender } = stage();
    await sender.notice(ANN, userWith(), change)?.send(context);
    expect(channel.notices).toHaveLength(1);
    expect(channel.notices[0]).toMatchObject({ to: ANN, subject: 'Your account' });
    expect(channel.notices[0]?.text).toMatch(/^A way to sign in was removed from your account\./);
    expect(channel.notices[0]).not.toHaveProperty('code');
  });

  it('is none where the channel sends none', () => {
    expect(stage({ channel: async () => undefined }).sender.notice(ANN, userWith(), change)).toBeUndefined();
  });

  it('is refused beyond the budget of the factor', async () => {
    const { channel, context, sender } = stage({ budget: { limit: 1, windowMs: MINUTE } });
    const notice = sender.notice(ANN, userWith(), change);
    await notice?.send(context);
    await expect(notice?.send(context)).rejects.toMatchObject({ code: 'cooldown' });
    expect(channel.notices).toHaveLength(1);
  });
});
