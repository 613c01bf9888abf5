import { failover, FactorError, MemoryOtpStore } from '@parse-factors/core';
import { type Channel, type OutgoingMessage, RecipientUnreachable } from '@parse-factors/core/channel';
import type { OtpStore } from '@parse-factors/core/store';
import { storeSuite } from '@parse-factors/testing';
import { describe, expect, it } from 'vitest';
import { meteredChannel, meteredStore, type SendOutcome, type StoreVerb } from '../src/index.js';

/** A stopwatch that goes on by 250 ms with each look. */
const steps = (): { readonly now: () => number } => {
  let time = 0;
  return { now: () => (time += 250) };
};

describe('a metered store', () => {
  storeSuite({ describe, it }, { open: (clock) => meteredStore(new MemoryOtpStore({ clock }), { recordVerb: () => undefined }) });

  const recorded: [StoreVerb, number, boolean][] = [];
  const metrics = { recordVerb: (...record: [StoreVerb, number, boolean]) => void recorded.push(record) };

  it('records how long each step took, and passes its result on', async () => {
    recorded.length = 0;
    const store = meteredStore(new MemoryOtpStore(), metrics, steps());
    expect(await store.claim('key', Date.now() + 1000)).toBe(true);
    expect(await store.claim('key', Date.now() + 1000)).toBe(false);
    await store.forget('key');
    expect(recorded).toEqual([
      ['claim', 0.25, false],
      ['claim', 0.25, false],
      ['forget', 0.25, false],
    ]);
  });

  it('counts faults of the store, and not what it refuses a client', async () => {
    recorded.length = 0;
    const errors = [new Error('down'), new FactorError('unavailable'), new FactorError('invalid_input')];
    const broken = { consume: async () => Promise.reject(errors.shift()) } as unknown as OtpStore;
    const store = meteredStore(broken, metrics, steps());
    for (const message of ['down', 'unavailable', 'invalid_input'])
      await expect(store.consume('a', 'b')).rejects.toThrow(message);
    expect(recorded.map(([, , isFault]) => isFault)).toEqual([true, true, false]);
  });

  it('answers as the store does, if the metrics throw', async () => {
    const down = { recordVerb: () => expect.fail('the metrics are down') };
    const store = meteredStore(new MemoryOtpStore(), down);
    expect(await store.claim('key', Date.now() + 1000)).toBe(true);
    const broken = { consume: async () => Promise.reject(new Error('the store is down')) } as unknown as OtpStore;
    await expect(meteredStore(broken, down).consume('a', 'b')).rejects.toThrow('the store is down');
  });

  it('tells the time of a store with a clock of its own, which is no step', async () => {
    recorded.length = 0;
    const store = Object.assign(new MemoryOtpStore(), { time: async () => 1234 });
    expect([await meteredStore(store, metrics, steps()).time(), recorded]).toEqual([1234, []]);
  });

  it('remains the store that it was: its class, its fields, and the verbs that it leaves out', () => {
    const store = meteredStore(new MemoryOtpStore(), metrics);
    expect(store).toBeInstanceOf(MemoryOtpStore);
    const frozen = Object.freeze({ isNative: true, count: async () => ({ allowed: true }) }) as unknown as OtpStore;
    const metered = meteredStore(frozen, metrics);
    expect([metered.guess, metered.redeem, Reflect.get(metered, 'isNative')]).toEqual([undefined, undefined, true]);
  });
});

describe('a metered channel', () => {
  const recorded: [string, number, SendOutcome][] = [];
  const metrics = { recordSend: (...record: [string, number, SendOutcome]) => void recorded.push(record) };
  const message: OutgoingMessage = { to: '+15551234567', subject: '', text: 'hello', signal: new AbortController().signal };

  class Provider implements Channel {
    readonly name = 'provider';
    readonly #sent: string[] = [];
    fault: Error | undefined;
    async send({ text }: OutgoingMessage): Promise<void> {
      if (this.fault !== undefined) throw this.fault;
      this.#sent.push(text);
    }
    notify(notice: OutgoingMessage): Promise<void> {
      return this.send(notice);
    }
    isConfirmed = false;
    async confirmed(): Promise<void> {
      this.isConfirmed = this.#sent.length > 0;
    }
    close(): number {
      return this.#sent.length;
    }
  }

  it('records what became of each message, and is otherwise the channel that it was', async () => {
    const provider = new Provider();
    const channel = meteredChannel(provider, metrics, steps());
    await channel.send(message as never);
    await channel.notify?.(message);
    provider.fault = new RecipientUnreachable();
    await expect(channel.send(message as never)).rejects.toThrow(RecipientUnreachable);
    provider.fault = new Error('down');
    await expect(channel.send(message as never)).rejects.toThrow('down');
    expect(recorded).toEqual([
      ['provider', 0.25, 'accepted'],
      ['provider', 0.25, 'accepted'],
      ['provider', 0.25, 'unreachable'],
      ['provider', 0.25, 'failed'],
    ]);
    expect([channel.name, channel instanceof Provider, (channel as Provider).close()]).toEqual(['provider', true, 2]);
    await channel.confirmed?.(message as never);
    expect(provider.isConfirmed).toBe(true);
  });

  it('measures a frozen channel, and tells an address that the provider refuses from a fault', async () => {
    recorded.length = 0;
    const refused = new FactorError('address_refused');
    const channel = meteredChannel(Object.freeze({ name: 'frozen', send: () => Promise.reject(refused) }), metrics, steps());
    await expect(channel.send(message as never)).rejects.toThrow(refused);
    expect(recorded).toEqual([['frozen', 0.25, 'unreachable']]);
  });

  it('sends a message once, if the metrics throw', async () => {
    const down = { recordSend: () => expect.fail('the metrics are down') };
    const sent: string[] = [];
    const named = (name: string): Channel => ({ name, send: async () => void sent.push(name) });
    const metered = (name: string): Channel => meteredChannel(named(name), down);
    await failover([metered('first'), metered('second')]).send(message as never);
    expect(sent).toEqual(['first']);
    const broken = meteredChannel({ name: 'broken', send: () => Promise.reject(new RecipientUnreachable()) }, down);
    await expect(broken.send(message as never)).rejects.toThrow(RecipientUnreachable);
  });

  it('tries its provider as the channel does, which counts as no message', async () => {
    recorded.length = 0;
    const down: Channel = { name: 'down', send: async () => undefined, reach: () => Promise.reject(new Error('down')) };
    const { signal } = new AbortController();
    await expect(meteredChannel(down, metrics, steps()).reach?.(signal)).rejects.toThrow('down');
    expect(recorded).toEqual([]);
  });

  it('accepts a function, and sends no notices where the channel sends none', async () => {
    recorded.length = 0;
    const sent: string[] = [];
    const channel = meteredChannel(
      function own({ text }) {
        sent.push(text);
      },
      metrics,
      steps(),
    );
    await channel.send(message as never);
    expect([sent, recorded, channel.notify]).toEqual([['hello'], [['own', 0.25, 'accepted']], undefined]);
  });
});
