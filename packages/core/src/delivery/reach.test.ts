import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Channel } from './channel.js';
import { failover } from './failover.js';
import { reachingAll, unreachedOf } from './reach.js';
import { ways } from './ways.js';

const channel = (name: string, reach?: Channel['reach']): Channel => ({
  name,
  send: async () => undefined,
  ...(reach !== undefined && { reach }),
});
const down = (name: string, fault: Error): Channel => channel(name, async () => Promise.reject(fault));
const silent = (name: string): Channel => channel(name, () => new Promise(() => undefined));
const fine = channel('fine', async () => undefined);
const refused = Object.assign(new Error('connect 192.0.2.1 for ann@example.com'), { code: 'ECONNREFUSED' });

describe('trying channels', () => {
  it('names those that fail, by the name of the fault and never its message', async () => {
    const odd = Object.assign(new Error(), { name: 'not a name, but a text' });
    expect(await unreachedOf([fine, down('sms', refused), channel('none'), down('odd', odd)])).toEqual([
      { channel: 'sms', fault: 'ECONNREFUSED' },
      { channel: 'odd', fault: 'unknown' },
    ]);
  });

  it('takes a channel that throws at once, or resolves to anything', async () => {
    const throwing = channel('throwing', () => {
      throw new TypeError();
    });
    const talking = channel('talking', async () => 'no' as unknown as undefined);
    expect(await unreachedOf([throwing, talking])).toEqual([{ channel: 'throwing', fault: 'TypeError' }]);
  });

  it('looks into channels that are made of others, and names the parts', async () => {
    const made = ways({
      sms: failover([down('a', refused), fine]),
      voice: failover([channel('none'), down('b', new TypeError())]),
    });
    expect(await unreachedOf([made])).toEqual([
      { channel: 'a', fault: 'ECONNREFUSED' },
      { channel: 'b', fault: 'TypeError' },
    ]);
  });

  it('is nothing that a channel of others can do where none of them can', () => {
    expect(reachingAll([channel('a'), channel('b')])).toEqual({});
    expect(failover([channel('a'), channel('b')]).reach).toBeUndefined();
  });

  describe('that are silent', () => {
    afterEach(() => void vi.useRealTimers());

    it('ends after ten seconds, aborts them, and still names the parts, however deep', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      let isAborted = false;
      const listening = channel(
        'listening',
        (signal) => new Promise(() => signal.addEventListener('abort', () => (isAborted = true))),
      );
      const made = ways({ a: failover([fine, silent('deep')]), b: silent('shallow') });
      const unreached = unreachedOf([listening, made, down('sms', refused)]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await unreached).toEqual([
        { channel: 'listening', fault: 'DeliveryTimeout' },
        { channel: 'deep', fault: 'DeliveryTimeout' },
        { channel: 'shallow', fault: 'DeliveryTimeout' },
        { channel: 'sms', fault: 'ECONNREFUSED' },
      ]);
      expect(isAborted).toBe(true);
    });
  });
});
