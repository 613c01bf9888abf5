import { describe, expect, it } from 'vitest';
import { SentMessages } from '../src/sent-messages.js';

describe('the ids of sent messages', () => {
  const time = { now: 0 };
  const messages = (): SentMessages => new SentMessages(() => time.now);

  it('are found by number and code, once', () => {
    const sent = messages();
    sent.add('+1', '123456', 'one');
    sent.add('+2', '123456', 'two');
    expect(sent.take('+1', '654321')).toBeUndefined();
    expect(sent.take('+2', '123456')).toBe('two');
    expect(sent.take('+2', '123456')).toBeUndefined();
    expect(sent.take('+1', '123456')).toBe('one');
  });

  it('are kept for 10 minutes, and 10,000 at most', () => {
    const sent = messages();
    sent.add('+1', '123456', 'old');
    for (let count = 0; count < 10_000; count += 1) sent.add('+2', String(count), String(count));
    expect(sent.take('+1', '123456')).toBeUndefined();
    expect(sent.take('+2', '0')).toBe('0');
    time.now += 10 * 60_000;
    expect(sent.take('+2', '9999')).toBeUndefined();
  });
});
