import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failover, outbox } from '@parse-factors/core';
import type { Channel } from '@parse-factors/core/channel';
import { sendgrid } from '@parse-factors/email-otp/sendgrid';
import { smtp } from '@parse-factors/email-otp/smtp';
import { twilio } from '@parse-factors/sms-otp/twilio';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { StandIn, TWILIO_ACCEPTED } from '@parse-factors/test-server/provider-stand-in';
import { DAY } from '../support/time.js';

/** A message whose time is over is given up: a provider that recovers does not deliver it. */

let stage: Stage;
let channel: Channel;
beforeAll(async () => {
  stage = await startStage({
    sms: { channel: (delivery) => channel.send(delivery), deliveryTimeoutMs: 1000 },
    mail: { channel: (delivery) => channel.send(delivery), deliveryTimeoutMs: 1000 },
  });
});
afterAll(() => stage.stop());

let people = 0;
/** Several users ask for a code at the same moment; gives what each was told. */
async function askAtOnce(count: number, factor: 'otp' | 'email'): Promise<string[]> {
  stage.time.now += DAY;
  const persons = await Promise.all(Array.from({ length: count }, () => stage.signUp()));
  const answers = await Promise.all(
    persons.map(({ session }): Promise<Answer> => {
      people += 1;
      const address = factor === 'otp' ? { phone: `+1555444${1000 + people}` } : { email: `late${people}@example.com` };
      return stage.challenge({ challengeData: { [factor]: address } }, session);
    }),
  );
  return answers.map((answer) => (answer.status === 200 ? 'sent' : slug(answer)));
}

describe('an SMTP server that hangs and recovers', () => {
  const arrived: string[] = [];
  /** What waits while the server hangs. */
  const held: (() => void)[] = [];
  let hangsAt: 'greeting' | 'recipient' | undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: (_address, _session, done) => {
      if (hangsAt === 'recipient') held.push(done);
      else done();
    },
    onData: (stream, session, done) => {
      stream.resume().on('end', () => {
        arrived.push(...session.envelope.rcptTo.map(({ address }) => address));
        done();
      });
    },
  });
  /** Stands before the server, and can leave what is said lying about, as a stopped process does. */
  let front: Server;
  const connections = new Set<Socket>();
  let mail: ReturnType<typeof smtp>;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    front = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      connections.add(socket.on('close', () => connections.delete(socket)).on('error', () => undefined));
      const join = (): void => {
        const behind = connect((server.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => socket.destroy());
        socket.pipe(behind).pipe(socket);
      };
      if (hangsAt === 'greeting') held.push(join);
      else join();
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    mail = smtp({ url: `smtp://127.0.0.1:${(front.address() as AddressInfo).port}`, from: 'codes@acme.example' });
    channel = mail;
  });
  afterAll(async () => {
    mail.close();
    for (const socket of connections) socket.destroy();
    front.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  it.each(['greeting', 'recipient'] as const)(
    'an SMTP server that hangs at the %s and recovers delivers no message that was given up',
    async (point) => {
      arrived.length = 0;
      hangsAt = point;
      expect(await askAtOnce(20, 'email')).toEqual(Array.from({ length: 20 }, () => 'delivery_failed'));
      expect(held.length).toBeGreaterThan(0);
      hangsAt = undefined;
      for (const go of held.splice(0)) go();
      // More than there are connections: what waited before these would have gone first.
      expect(await askAtOnce(10, 'email')).toEqual(Array.from({ length: 10 }, () => 'sent'));
      expect(arrived).toHaveLength(10);
      expect(new Set(arrived)).toEqual(new Set(Array.from({ length: 10 }, (_, index) => `late${people - index}@example.com`)));
    },
  );

  it('an SMTP server that recovers has delivered nothing more when its connections are at an end', async () => {
    const before = arrived.length;
    mail.close();
    await Promise.all([...connections].map((socket) => new Promise((resolve) => socket.on('close', resolve))));
    expect(arrived).toHaveLength(before);
  });
});

describe('an API that hangs and recovers', () => {
  const api = new StandIn();
  // The clients' own limit is no help here.
  const timeoutMs = 60_000;
  const options = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'token', from: '+15005550006', timeoutMs };
  let base: string;
  beforeAll(async () => {
    base = await api.start();
  });
  afterAll(() => api.stop());

  it.each([
    ['Twilio', 'otp', () => twilio({ ...options, baseUrl: base }), TWILIO_ACCEPTED],
    [
      'SendGrid',
      'email',
      () => sendgrid({ apiKey: 'SG.key', from: 'codes@acme.example', baseUrl: base, timeoutMs }),
      { status: 202, body: '' },
    ],
  ] as const)(
    'an API that hangs and recovers finds no request of %s that was given up',
    async (_name, factor, make, accepted) => {
      channel = make();
      api.received.length = 0;
      api.answer = 'hang';
      expect(await askAtOnce(8, factor)).toEqual(Array.from({ length: 8 }, () => 'delivery_failed'));
      expect(api.received).toHaveLength(8);
      await api.allGivenUp();
      api.answer = accepted;
      expect(await askAtOnce(1, factor)).toEqual(['sent']);
      expect(api.received).toHaveLength(9);
    },
    20_000,
  );

  it('failover gives up the first message and delivers by the second channel', async () => {
    const spare = outbox({ name: 'spare' });
    channel = failover([twilio({ ...options, baseUrl: base }), spare], { timeoutMs: 300 });
    api.answer = 'hang';
    expect(await askAtOnce(3, 'otp')).toEqual(['sent', 'sent', 'sent']);
    expect(spare.messages).toHaveLength(3);
    await api.allGivenUp();
  }, 20_000);
});
