import { failover, FactorConfigError, ways } from '@parse-factors/core';
import {
  type Channel,
  type ChannelLike,
  type Delivery,
  type OutgoingMessage,
  RecipientUnreachable,
} from '@parse-factors/core/channel';
import { describe, expect, it } from 'vitest';
import { byCountry, type ChannelsByCountry } from '../src/by-country.js';

const sent: string[] = [];
const channel = (name: string, notifies = true): Channel => ({
  name,
  send: async ({ to }) => void sent.push(`${name} ${to}`),
  ...(notifies && { notify: async ({ to }: OutgoingMessage) => void sent.push(`${name} notice ${to}`) }),
});
const message = (to: string): Delivery => ({ to, signal: new AbortController().signal }) as unknown as Delivery;
const down: Channel = { name: 'down', send: () => Promise.reject(new Error('down')) };

describe('byCountry', () => {
  const of = byCountry({
    US: channel('us'),
    DE: failover([down, channel('spare')]),
    GB: channel('gb', false),
    '*': channel('any'),
  });

  it.each([
    ['a number of a named country', '+12025550123', 'us'],
    ['another country of the same calling code', '+16135550123', 'any'],
    ['a failover of a country', '+4915123456789', 'spare'],
    ['a territory with numbers of its own', '+447797712345', 'any'],
    ['a country without a name', '+33612345678', 'any'],
    ['a number of no country', '+881612345678', 'any'],
    ['what is no number', 'nothing', 'any'],
  ])('sends to %s by its channel', async (_what, to, name) => {
    sent.length = 0;
    await of.send(message(to));
    expect(sent).toEqual([`${name} ${to}`]);
  });

  it('notifies by the channel of the country only', async () => {
    sent.length = 0;
    await of.notify?.(message('+12025550123'));
    expect(sent).toEqual(['us notice +12025550123']);
    await expect(of.notify?.(message('+447400123456'))).rejects.toThrow(RecipientUnreachable);
    expect(byCountry({ US: channel('a', false), '*': channel('b', false) })).not.toHaveProperty('notify');
  });

  it('tells the channel of the country of a code that came back', async () => {
    const heard: string[] = [];
    const reporting: Channel = { name: 'us', send: async () => undefined, confirmed: async ({ to }) => void heard.push(to) };
    const other: Channel = { name: 'other', send: async () => undefined };
    const made = byCountry({ US: reporting, '*': other });
    const signal = new AbortController().signal;
    for (const to of ['+12025550123', '+447400123456']) await made.confirmed?.({ to, code: '123456', signal });
    expect(heard).toEqual(['+12025550123']);
  });

  it('tries each of its channels', async () => {
    const tried: string[] = [];
    const trying = (name: string): Channel => ({ ...channel(name), reach: async () => void tried.push(name) });
    await byCountry({ US: trying('us'), GB: channel('gb'), '*': trying('any') }).reach?.(new AbortController().signal);
    expect(tried).toEqual(['us', 'any']);
    expect(of.reach).toBeUndefined();
  });

  it('names its channels', () => expect(of.name).toBe('byCountry(US: us, DE: failover(down, spare), GB: gb, *: any)'));

  it('is one of several ways', async () => {
    sent.length = 0;
    await ways({ sms: of, voice: channel('voice') }).send(message('+12025550123'));
    expect(sent).toEqual(['us +12025550123']);
  });

  const ok: ChannelLike = channel('ok');
  it.each<readonly [string, unknown, string]>([
    ['nothing', undefined, 'as "*"'],
    ['no other countries', { US: ok }, 'as "*"'],
    ['no country', { '*': ok }, 'at least one country'],
    ['a wrong code', { UK: ok, '*': ok }, "use 'GB'"],
    ['a calling code', { '+49': ok, '*': ok }, "use 'DE'"],
    ['small letters', { us: ok, '*': ok }, "use 'US'"],
    ['a territory whose numbers another country shares', { AX: ok, '*': ok }, 'those of FI'],
    ['no channel', { US: 'twilio', '*': ok }, 'channel of "US"'],
    ['ways of a country', { US: ways({ sms: ok, voice: ok }), '*': ok }, 'inside of ways'],
  ])('refuses %s', (_what, channels, why) => {
    expect(() => byCountry(channels as ChannelsByCountry)).toThrow(FactorConfigError);
    expect(() => byCountry(channels as ChannelsByCountry)).toThrow(why);
  });
});
