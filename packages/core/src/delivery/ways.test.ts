import { describe, expect, it } from 'vitest';
import { FactorConfigError } from '../error/config-error.js';
import { type Channel, channelOption, type ChannelLike, type Delivery } from './channel.js';
import { failover } from './failover.js';
import { ways } from './ways.js';

const sent: string[] = [];
const channel = (name: string, notifies = false): Channel => ({
  name,
  send: async ({ via }) => void sent.push(`${name} ${via}`),
  ...(notifies && { notify: async () => void sent.push(`${name} notice`) }),
});
const send = async (of: Channel, via?: string): Promise<readonly string[]> => {
  sent.length = 0;
  await of.send({ code: '123456', ...(via !== undefined && { via }) } as Delivery);
  return [...sent];
};

describe('ways', () => {
  const both = ways({ sms: channel('a'), voice: channel('b') });

  it('sends by the way that the message names, and else by the first', async () => {
    expect(both.ways).toEqual(['sms', 'voice']);
    expect(both.name).toBe('ways(sms: a, voice: b)');
    expect(await send(both, 'voice')).toEqual(['b voice']);
    expect(await send(both)).toEqual(['a undefined']);
  });

  it.each(['fax', 'toString', '__proto__', ''])('rejects a message by the way %j', async (via) => {
    await expect(send(both, via)).rejects.toThrow(TypeError);
  });

  it('tells every way that reports conversions of a code that came back, as any of them may have sent it', async () => {
    const heard: string[] = [];
    const reporting = (name: string): Channel => ({
      ...channel(name),
      confirmed: async ({ code }) => void heard.push(`${name} ${code}`),
    });
    const of = ways({ sms: reporting('a'), voice: channel('b'), chat: reporting('c') });
    await of.confirmed?.({ to: '', code: '123456', signal: new AbortController().signal });
    expect(heard).toEqual(['a 123456', 'c 123456']);
    expect(both).not.toHaveProperty('confirmed');
  });

  it('notifies by the first way that can', async () => {
    const of = ways({ voice: channel('a'), sms: channel('b', true), chat: channel('c', true) });
    sent.length = 0;
    await of.notify?.({ to: '', subject: '', text: '', signal: new AbortController().signal });
    expect(sent).toEqual(['b notice']);
    expect(both).not.toHaveProperty('notify');
  });

  it('takes a failover for a way', async () => {
    const down: Channel = { name: 'down', send: () => Promise.reject(new Error('down')) };
    const of = ways({ sms: failover([down, channel('spare')]), voice: channel('b') });
    const signal = new AbortController().signal;
    sent.length = 0;
    await of.send({ code: '123456', via: 'sms', signal } as Delivery);
    expect(sent).toEqual(['spare sms']);
  });

  const ok = channel('ok');
  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['a list', [ok, ok]],
    ['one way', { sms: ok }],
    ['nine ways', Object.fromEntries([...'abcdefghi'].map((name) => [name, ok]))],
    ['a name in capitals', { SMS: ok, voice: ok }],
    ['a name that is a number', { 1: ok, voice: ok }],
    ['a name of 21 letters', { ['a'.repeat(21)]: ok, voice: ok }],
    ['an empty name', { '': ok, voice: ok }],
    ['no channel', { sms: ok, voice: 'voice' }],
    ['ways in ways', { sms: ok, voice: both }],
  ])('refuses %s', (_what, channels) => {
    expect(() => ways(channels as Record<string, ChannelLike>)).toThrow(FactorConfigError);
  });

  it('cannot be inside of a failover, where the choice would be lost', () => {
    expect(() => failover([both, ok])).toThrow('failover: a channel must not offer ways itself');
  });

  it.each([
    [['sms', 'voice'], true] as const,
    [['sms'], false] as const,
    [['sms', 'sms'], false] as const,
    ['sms', false] as const,
  ])('a channel of an app may offer %j: %s', (offered, isValid) =>
    expect(channelOption.isValid({ ...ok, ways: offered })).toBe(isValid),
  );
});
