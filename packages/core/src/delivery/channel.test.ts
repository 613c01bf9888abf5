import { describe, expect, it } from 'vitest';
import { channelOption, type Delivery, toChannel } from './channel.js';

class Sender {
  readonly name = 'sender';
  send(): Promise<void> {
    return Promise.resolve();
  }
}

describe('a channel', () => {
  it.each<readonly [string, unknown, boolean]>([
    ['can be a function', () => undefined, true],
    ['can be an asynchronous function', async () => undefined, true],
    ['can be an object with a name and a function that sends', { name: 'x', send: () => undefined }, true],
    ['can be an instance of a class', new Sender(), true],
    ['cannot be a class', Sender, false],
    ['cannot be without a name', { send: () => undefined }, false],
    ['cannot be without a function that sends', { name: 'x' }, false],
    ['cannot have a text in the place of that function', { name: 'x', send: 'sms' }, false],
    ['cannot be a text', 'sms', false],
    ['cannot be nothing', undefined, false],
    ['cannot be null', null, false],
  ])('%s', (_sentence, value, isValid) => expect(channelOption.isValid(value)).toBe(isValid));

  it('that is an object is taken as it is', () => {
    const sender = new Sender();
    expect(toChannel(sender)).toBe(sender);
  });

  it('that is a function is called by the name of the function', () => {
    const bySms = () => undefined;
    expect(toChannel(bySms).name).toBe('bySms');
    expect(toChannel(() => undefined).name).toBe('function');
    expect(toChannel(bySms)).not.toHaveProperty('notify');
  });

  it('that is a function rejects where the function throws', async () => {
    const { send } = toChannel(() => {
      throw new Error('down');
    });
    await expect(send({} as Delivery)).rejects.toThrow('down');
  });
});
