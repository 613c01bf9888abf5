import { describe, expect, it } from 'vitest';
import { TestVerifier } from '../../test/test-verifier.js';
import { FactorConfigError } from '../error/config-error.js';
import type { ChannelLike } from './channel.js';
import { failover } from './failover.js';
import { channelOf, codeChannelOption, isVerifier } from './verifier.js';

const start = async (): Promise<{ id: string }> => ({ id: '1' });
const check = async (): Promise<'right'> => 'right';

describe('a verifier', () => {
  it.each<readonly [string, unknown, boolean]>([
    ['is an object with a name and two functions', { name: 'x', start, check }, true],
    ['can be an instance of a class', new TestVerifier(), true],
    ['cannot be without a name', { start, check }, false],
    ['cannot be without a start', { name: 'x', check }, false],
    ['cannot be without a check', { name: 'x', start }, false],
    ['cannot have a text in the place of a function', { name: 'x', start, check: 'yes' }, false],
    ['cannot be a function', start, false],
    ['cannot be null', null, false],
  ])('%s', (_sentence, value, isOne) => {
    expect(isVerifier(value)).toBe(isOne);
    expect(codeChannelOption.isValid(value)).toBe(isOne || typeof value === 'function');
  });

  it('sends no codes of the server, and notices if it can', async () => {
    const channel = channelOf(new TestVerifier());
    expect(channel.name).toBe('test');
    expect(channel.notify).toBeUndefined();
    await expect(channel.send({} as never)).rejects.toThrow(TypeError);
    const told: string[] = [];
    const notifying = channelOf({ name: 'x', start, check, notify: async ({ to }) => void told.push(to) });
    await notifying.notify?.({ to: 'ann', subject: '', text: '', signal: AbortSignal.abort() });
    expect(told).toEqual(['ann']);
  });

  it('is refused by failover, because another provider cannot check its codes', () => {
    const make = (): unknown => failover([() => undefined, new TestVerifier() as unknown as ChannelLike]);
    expect(make).toThrow(FactorConfigError);
    expect(make).toThrow(/^failover: the first argument must not contain a verifier; /);
  });
});
