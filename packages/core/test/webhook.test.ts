import { isSignedBy, status, webhookSecret, WebhookEndpoint } from '@parse-factors/test-server/webhook-endpoint';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SECRET, webhookStage, type WebhookStage } from './webhook-stage.js';

const [SECOND, MINUTE] = [1000, 60_000];
const HOUR = 60 * MINUTE;
const DELAYS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

const endpoint = new WebhookEndpoint();
let url: string;
beforeAll(async () => {
  url = `${await endpoint.start()}/hooks`;
});
afterAll(() => endpoint.stop());
afterEach(() => {
  vi.useRealTimers();
  endpoint.reset();
});

const rows = ({ queue }: WebhookStage): number => queue.rows.size;

describe('a message', () => {
  it('is signed by each secret, and its row is deleted once the endpoint has accepted it', async () => {
    const older = webhookSecret();
    const stage = webhookStage({ url, secrets: [SECRET, older] });
    await stage.emit();
    const [message] = endpoint.messages;
    expect(message?.event).toEqual({
      type: 'factor.enrolled',
      timestamp: '2030-01-01T00:00:00.000Z',
      data: { type: 'enrolled', factor: 'totp', userId: 'u1', purpose: 'enrolment', at: Date.UTC(2030, 0, 1) },
    });
    expect([message?.method, message?.path, message?.headers['content-type']]).toEqual(['POST', '/hooks', 'application/json']);
    expect([message?.id, message?.sentAt]).toEqual([expect.stringMatching(/^msg_[\w-]{22}$/), Date.UTC(2030, 0, 1) / 1000]);
    for (const secret of [SECRET, older]) expect(message && (await isSignedBy(secret, message))).toBe(true);
    expect(message && (await isSignedBy(webhookSecret(), message))).toBe(false);
    expect(rows(stage)).toBe(0);
  });

  it('names the IP address only if it is told to', async () => {
    for (const includeIp of [false, true]) await webhookStage({ url, includeIp }).emit();
    expect(endpoint.messages.map(({ event }) => event.data['ip'])).toEqual([undefined, '192.0.2.7']);
    expect(endpoint.received[0]?.body).not.toContain('192.0.2');
  });

  it('is queued before it is sent', async () => {
    const stage = webhookStage({ url });
    let waiting = -1;
    endpoint.onRequest = () => (waiting = rows(stage));
    await stage.emit();
    endpoint.onRequest = () => undefined;
    expect(waiting).toBe(1);
  });

  it('is sent for the chosen events only', async () => {
    const stage = webhookStage({ url, events: ['removed', 'locked'] });
    for (const type of ['enrolled', 'removed', 'verified', 'locked'] as const) await stage.emit(type);
    expect(endpoint.types).toEqual(['factor.removed', 'factor.locked']);
  });
});

describe('retries', () => {
  it('follow the schedule of Standard Webhooks with up to a tenth more, and the event is then given up', async () => {
    const stage = webhookStage({ url });
    endpoint.answer = status(500);
    await stage.emit();
    for (const [index, delay] of DELAYS.entries()) {
      const [row] = stage.queue.rows.values();
      const waits = Number(row?.dueAt) - stage.clock();
      expect([row?.attempts, waits >= delay, waits <= delay * 1.1]).toEqual([index + 1, true, true]);
      stage.clock.advance(waits - 1);
      await stage.webhook.deliverDue(stage.records);
      expect(endpoint.received).toHaveLength(index + 1);
      stage.clock.advance(1);
      await stage.webhook.deliverDue(stage.records);
      expect(endpoint.received).toHaveLength(index + 2);
    }
    expect([rows(stage), new Set(endpoint.messages.map(({ id }) => id)).size]).toEqual([0, 1]);
    const times = endpoint.messages.map(({ sentAt }) => sentAt);
    expect(new Set(times).size).toBe(10);
    for (const message of endpoint.messages) expect(await isSignedBy(SECRET, message)).toBe(true);
    expect(stage.told).toEqual([
      {
        type: 'webhook_failed',
        factor: '',
        userId: 'u1',
        purpose: undefined,
        ip: undefined,
        at: stage.clock(),
        reason: 'given_up',
      },
    ]);
    expect(stage.logged).toEqual(stage.told);
    stage.clock.advance(100 * HOUR);
    await stage.webhook.deliverDue(stage.records);
    expect(endpoint.types).not.toContain('factor.webhook_failed');
  });

  it('succeed when the endpoint is back, by the next event on any server', async () => {
    const one = webhookStage({ url });
    const other = webhookStage({ url }, one);
    endpoint.answer = status(503);
    await one.emit('removed');
    endpoint.reset();
    one.clock.advance(6 * SECOND);
    await other.emit('enrolled');
    expect([endpoint.types.toSorted(), rows(one)]).toEqual([['factor.enrolled', 'factor.removed'], 0]);
  });

  it('are made by the timer of a running server, without an event', async () => {
    const stage = webhookStage({ url });
    endpoint.answer = status(500);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await stage.emit();
    endpoint.reset();
    stage.clock.advance(6 * SECOND);
    vi.advanceTimersByTime(5000);
    await vi.waitUntil(() => rows(stage) === 0);
    expect(endpoint.types).toEqual(['factor.enrolled']);
  });

  it('stop with the server: its timer ends, and an event starts it again', async () => {
    const stage = webhookStage({ url });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    stage.webhook.watch();
    stage.webhook.watch();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(5000);
    stage.isRunning = false;
    vi.advanceTimersByTime(5000);
    expect([vi.getTimerCount(), stage.queue.calls['due']]).toEqual([0, 1]);
    await stage.emit();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(10 * MINUTE);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are made by one of two servers that look at the same moment', async () => {
    const first = webhookStage({ url });
    const stages = [first, ...Array.from({ length: 3 }, () => webhookStage({ url }, first))];
    endpoint.answer = status(500);
    await Promise.all(Array.from({ length: 8 }, () => first.emit()));
    endpoint.reset();
    first.clock.advance(6 * SECOND);
    const sent = await Promise.all(stages.map(({ webhook, records }) => webhook.deliverDue(records)));
    expect([endpoint.received.length, new Set(endpoint.messages.map(({ id }) => id)).size]).toEqual([8, 8]);
    expect(sent.reduce((sum, count) => sum + count)).toBe(8);
  });

  it.each([
    ['120', 120 * SECOND, 132 * SECOND],
    ['9999999', 24 * HOUR, 26.4 * HOUR],
    ['1', 5 * SECOND, 5.5 * SECOND],
    ['-5', 5 * SECOND, 5.5 * SECOND],
    ['Wed, 21 Oct 2099 07:28:00 GMT', 5 * SECOND, 5.5 * SECOND],
  ])('wait as long as Retry-After: %s asks, but a day at most', async (retryAfter, least, most) => {
    const stage = webhookStage({ url });
    endpoint.answer = status(429, { 'Retry-After': retryAfter });
    await stage.emit();
    const waits = Number([...stage.queue.rows.values()][0]?.dueAt) - stage.clock();
    expect([waits >= least, waits <= most]).toEqual([true, true]);
  });

  it('take over from a server that has died, and not before', async () => {
    const stage = webhookStage({ url });
    const dying = { id: 'msg_1', payload: '{"type":"factor.removed"}', userId: 'u1', at: stage.clock(), attempts: 1 };
    await stage.queue.add({ ...dying, dueAt: stage.clock() + 65_000 });
    await stage.webhook.deliverDue(stage.records);
    expect(endpoint.received).toHaveLength(0);
    stage.clock.advance(65_000);
    expect(await stage.webhook.deliverDue(stage.records)).toBe(1);
    await stage.queue.add({ ...dying, attempts: 10, dueAt: stage.clock() });
    await stage.webhook.deliverDue(stage.records);
    expect([endpoint.received.length, rows(stage), stage.told.map(({ reason }) => reason)]).toEqual([1, 0, ['given_up']]);
  });
});

describe('an endpoint', () => {
  it.each([
    ['300 and a list', status(300)],
    ['a redirect', status(307, { Location: 'http://127.0.0.1:9/' })],
    ['a permanent redirect to itself', status(308, { Location: '/elsewhere' })],
    ['404', status(404)],
    ['500 and garbage', { status: 500, body: '\u0000<html>'.repeat(10_000) }],
    ['a broken connection', 'reset' as const],
    ['nothing at all', 'hang' as const],
  ])('that answers with %s gets the message again, and no other place gets it', async (_name, answer) => {
    const stage = webhookStage({ url, timeoutMs: 100 });
    endpoint.answer = answer;
    await stage.emit();
    expect([rows(stage), endpoint.received.map(({ path }) => path)]).toEqual([1, ['/hooks']]);
    expect(stage.told).toEqual([]);
  });

  it.each([
    ['a body that never ends', 'stall' as const],
    ['garbage', { status: 200, body: '{"no":'.repeat(100_000) }],
    ['202', status(202)],
  ])('that answers 2xx with %s has accepted the message', async (_name, answer) => {
    const stage = webhookStage({ url });
    endpoint.answer = answer;
    await stage.emit();
    expect([rows(stage), endpoint.received.length]).toEqual([0, 1]);
  });

  it('that is gone (410) gets no message again, and the log says so once a minute', async () => {
    const stage = webhookStage({ url });
    endpoint.answer = status(410);
    for (let event = 0; event < 5; event += 1) await stage.emit();
    expect([rows(stage), stage.told.map(({ reason }) => reason)]).toEqual([0, ['gone']]);
    stage.clock.advance(MINUTE);
    await stage.emit();
    expect(stage.logged.map(({ reason }) => reason)).toEqual(['gone', 'gone']);
  });

  it('that no server listens at costs a row, and no more', async () => {
    const stage = webhookStage({ url: 'http://127.0.0.1:9/hooks' });
    await stage.emit();
    expect([rows(stage), stage.told]).toEqual([1, []]);
  });
});

describe('a full queue', () => {
  it('drops further events, says so once a minute, and asks the database rarely', async () => {
    const stage = webhookStage({ url, maxQueued: 20 });
    endpoint.answer = status(500);
    for (let event = 0; event < 200; event += 1) await stage.emit();
    expect([rows(stage), stage.told.map(({ reason }) => reason)]).toEqual([20, ['queue_full']]);
    expect(stage.queue.calls['count']).toBe(2);
    stage.clock.advance(MINUTE);
    await stage.emit();
    expect(stage.logged.map(({ reason }) => reason)).toEqual(['queue_full', 'queue_full']);
    endpoint.reset();
    stage.clock.advance(10 * MINUTE);
    while ((await stage.webhook.deliverDue(stage.records)) > 0);
    await stage.emit('removed');
    expect([rows(stage), endpoint.types.at(-1)]).toEqual([0, 'factor.removed']);
  });

  it('holds 10,000 events at once under a silent endpoint within its bound', async () => {
    const silent = new WebhookEndpoint();
    silent.answer = 'hang';
    const stage = webhookStage({ url: await silent.start(), maxQueued: 100, timeoutMs: 100 });
    let [statements, mostAtOnce] = [0, 0];
    stage.queue.before = async () => {
      statements += 1;
      mostAtOnce = Math.max(mostAtOnce, statements);
      await Promise.resolve();
      statements -= 1;
    };
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => stage.emit('enrolled', `u${index}`)));
    expect([rows(stage), stage.told.map(({ reason }) => reason)]).toEqual([100, ['queue_full']]);
    expect(mostAtOnce).toBeLessThanOrEqual(10);
    expect(silent.received.length).toBeLessThanOrEqual(100);
    silent.stop();
  });

  it('that is half full holds 20 events of one user, and has room for others', async () => {
    const stage = webhookStage({ url, maxQueued: 200 });
    endpoint.answer = status(500);
    const countOf = (userId: string): number => [...stage.queue.rows.values()].filter((row) => row.userId === userId).length;
    for (let event = 0; event < 300; event += 1) await stage.emit('challenged', 'thief');
    expect([countOf('thief'), stage.told.map(({ reason }) => reason)]).toEqual([100, ['queue_full']]);
    for (let event = 0; event < 30; event += 1) await stage.emit('removed', 'victim');
    expect([countOf('thief'), countOf('victim')]).toEqual([100, 20]);
    expect(stage.queue.calls['countOf']).toBe(230);
    endpoint.reset();
    stage.clock.advance(10 * MINUTE);
    while ((await stage.webhook.deliverDue(stage.records)) > 0);
    const { countOf: counted } = stage.queue.calls;
    for (let event = 0; event < 100; event += 1) await stage.emit('challenged', 'thief');
    expect([rows(stage), endpoint.types.filter((type) => type === 'factor.removed').length]).toEqual([0, 20]);
    expect((stage.queue.calls['countOf'] ?? 0) - (counted ?? 0)).toBeLessThanOrEqual(50);
  });

  it('lets go of each event that has its row, while further events come without end, and sends events that are due', async () => {
    const stage = webhookStage({ url });
    endpoint.answer = status(500);
    await stage.emit('removed');
    endpoint.reset();
    stage.clock.advance(6 * SECOND);
    // While the row of one event is written, the next event comes.
    let [begun, settled, mostHeld] = [0, 0, 0];
    const emitNext = (): void => {
      begun += 1;
      mostHeld = Math.max(mostHeld, begun - settled);
      void stage.emit().then(() => (settled += 1));
    };
    stage.queue.beforeAdd = async () => {
      if (begun < 2000 && !(endpoint.types.includes('factor.removed') && begun > 200)) emitNext();
      await new Promise((resolve) => setImmediate(resolve));
    };
    emitNext();
    await vi.waitUntil(() => settled === begun);
    expect(endpoint.types).toContain('factor.removed');
    expect(begun).toBeLessThan(2000);
    expect(mostHeld).toBeLessThan(begun / 2);
  });

  it('keeps no more of 10,000 events in memory while the database is silent', async () => {
    const stage = webhookStage({ url, maxQueued: 100 });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    stage.queue.before = () => held;
    const emitted = Array.from({ length: 10_000 }, () => stage.emit());
    expect(stage.told.map(({ reason }) => reason)).toEqual(['queue_full']);
    stage.queue.before = undefined;
    release();
    await Promise.all(emitted);
    await stage.webhook.deliverDue(stage.records);
    expect([rows(stage), endpoint.received.length <= 101]).toEqual([0, true]);
  });
});

describe('a fault', () => {
  it('of the queue is told once a minute, and the next event is sent', async () => {
    const stage = webhookStage({ url });
    stage.queue.before = () => Promise.reject(new Error('database'));
    for (let event = 0; event < 3; event += 1) await stage.emit();
    expect(stage.told.map(({ reason }) => reason)).toEqual(['queue_unavailable']);
    stage.queue.before = undefined;
    await stage.emit('removed');
    expect(endpoint.types).toEqual(['factor.removed']);
  });

  it('between the answer and the deletion of the row sends the message again, with the same id', async () => {
    const stage = webhookStage({ url });
    endpoint.onRequest = () => {
      stage.queue.before = () => Promise.reject(new Error('database'));
    };
    await stage.emit();
    endpoint.onRequest = () => undefined;
    stage.queue.before = undefined;
    stage.clock.advance(65_000);
    await stage.webhook.deliverDue(stage.records);
    expect([endpoint.received.length, new Set(endpoint.messages.map(({ id }) => id)).size, rows(stage)]).toEqual([2, 1, 0]);
  });

  it('of a clock that steps back does not stop new events', async () => {
    const stage = webhookStage({ url });
    stage.clock.advance(10 * 24 * HOUR);
    endpoint.answer = status(500);
    await stage.emit('removed');
    endpoint.reset();
    stage.clock.advance(-10 * 24 * HOUR);
    await stage.emit('enrolled');
    expect(endpoint.types).toContain('factor.enrolled');
  });
});

it('an event whose row is being written while its user is deleted is not sent', async () => {
  const stage = webhookStage({ url });
  let deleted: Promise<void> | undefined;
  stage.queue.beforeAdd = async () => {
    deleted ??= stage.webhook.forget('u1', stage.records);
    await deleted; // the row is written after the deletion
  };
  await stage.emit('removed', 'u1');
  await stage.emit('removed', 'u2');
  expect([rows(stage), endpoint.messages.map(({ event }) => event.data['userId'])]).toEqual([0, ['u2']]);
});

it('deleting a user removes their events, also those that wait for their row', async () => {
  const stage = webhookStage({ url });
  endpoint.answer = status(500);
  await Promise.all([stage.emit('enrolled', 'u1'), stage.emit('enrolled', 'u2')]);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  stage.queue.before = () => held;
  const [first, second] = [stage.emit('removed', 'u2'), stage.emit('removed', 'u1')];
  stage.queue.before = undefined;
  await stage.webhook.forget('u1', stage.records);
  release();
  await Promise.all([first, second]);
  const left = [...stage.queue.rows.values()].map(({ userId, payload }) => [userId, JSON.parse(payload).type]);
  expect(left).toEqual([
    ['u2', 'factor.enrolled'],
    ['u2', 'factor.removed'],
  ]);
});
