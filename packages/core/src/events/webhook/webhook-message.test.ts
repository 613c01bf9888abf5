import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { signedHeaders } from './webhook-message.js';

it('a message is signed as the published example of Standard Webhooks', () => {
  // The test vector of the reference libraries (standard-webhooks/libraries).
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', payload: '{"test": 2432232314}' };
  expect(signedHeaders([secret], message, 1_614_265_330_999)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it('the message on the page is signed with the secret on the page', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../../../docs/run/webhooks.md', import.meta.url)), 'utf8');
  const after = (pattern: RegExp): string => pattern.exec(page)?.[1] ?? '';
  const secret = Buffer.from(after(/^whsec_(.+)$/m), 'base64');
  const message = { id: after(/^webhook-id: (.+)$/m), payload: after(/^(\{"type":"factor.+)$/m) };
  const at = Number(after(/^webhook-timestamp: (\d+)$/m)) * 1000;
  expect(signedHeaders([secret], message, at)['webhook-signature']).toBe(after(/^webhook-signature: (.+)$/m));
  expect(JSON.parse(message.payload)).toMatchObject({ timestamp: new Date(at).toISOString(), data: { at } });
});
