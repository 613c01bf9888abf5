import { expect, it } from 'vitest';
import { FactorConfigError } from '../../error/config-error.js';
import { resolveWebhook } from './webhook-options.js';

/** Bytes that look random, and are the same in each run. */
const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => (index * index * 37 + 129) % 256));
const secret = (length: number): string => `whsec_${bytes(length).toString('base64')}`;
const SECRET = secret(32);
const sound = { url: 'https://acme.example/hooks?tenant=1', secrets: [SECRET] };

it('a webhook has safe defaults: no IP address, 1000 events, five seconds, every type that does not loop', () => {
  const { events, secrets, ...resolved } = resolveWebhook(sound);
  expect(resolved).toEqual({ url: sound.url, includeIp: false, maxQueued: 1000, timeoutMs: 5000 });
  expect(secrets).toEqual([bytes(32)]);
  expect([events.has('enrolled'), events.has('webhook_failed'), events.has('notified')]).toEqual([true, false, false]);
});

it.each(['http://localhost:8080/', 'http://127.0.0.1/hooks', 'http://[::1]:1/', 'HTTPS://acme.example'])(
  'a webhook can be at %s',
  (url) => {
    expect(resolveWebhook({ ...sound, url }).url).toBe(url);
  },
);

it.each([
  'http://acme.example/hooks',
  'http://127.0.0.1.acme.example/',
  'http://localhost.acme.example/',
  'http://10.0.0.1/',
  'https://ann:secret@acme.example/',
  'https://ann@acme.example/',
  'https://acme.example/#fragment',
  'ftp://acme.example/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '//acme.example/',
  '/hooks',
  '',
  `https://acme.example/${'a'.repeat(2048)}`,
  undefined,
  7,
  new URL('https://acme.example/'),
])('a webhook cannot be at %s', (url) => {
  const resolve = (): unknown => resolveWebhook({ ...sound, url: url as never });
  expect(resolve).toThrow(FactorConfigError);
  expect(resolve).toThrow('webhook: option "url" must be a URL that begins with https://');
  if (typeof url === 'string' && url.length > 1) expect(resolve).not.toThrow(url);
});

it.each([[[24]], [[64]], [[24, 32, 40, 48, 64]]])('a webhook signs with secrets of %j bytes', (lengths) => {
  expect(resolveWebhook({ ...sound, secrets: lengths.map(secret) }).secrets.map(({ length }) => length)).toEqual(lengths);
});

it.each([
  ['none', []],
  ['one that is short', [secret(23)]],
  ['one that is long', [secret(65)]],
  ['six', [24, 25, 26, 27, 28, 29].map(secret)],
  ['the same twice', [SECRET, SECRET]],
  ['one without its prefix', [SECRET.slice(6)]],
  ['one of the asymmetric scheme', [SECRET.replace('whsec_', 'whsk_')]],
  ['one in base64url', [`whsec_${Buffer.alloc(33, 0xfb).toString('base64url')}`]],
  ['one with white space', [` ${SECRET}`]],
  ['one with a line feed', [`${SECRET}\n`]],
  ['zeros', [`whsec_${Buffer.alloc(32).toString('base64')}`]],
  ['typed text', [`whsec_${Buffer.from('correct horse battery staple, again').toString('base64')}`]],
  ['a text in place of a list', SECRET],
  ['a number', [7]],
  ['nothing', undefined],
])('a webhook cannot sign with %s, and the error does not repeat it', (_name, secrets) => {
  const resolve = (): unknown => resolveWebhook({ ...sound, secrets: secrets as never });
  expect(resolve).toThrow(FactorConfigError);
  expect(resolve).toThrow('webhook: option "secrets" must be');
  expect(resolve).not.toThrow(SECRET.slice(6, 20));
});

it.each([
  { events: [] },
  { events: ['enroled'] },
  { events: ['webhook_failed'] },
  { events: ['notified'] },
  { events: 'enrolled' },
  { includeIp: 'yes' },
  { maxQueued: 0 },
  { maxQueued: 100_001 },
  { maxQueued: Infinity },
  { timeoutMs: 99 },
  { timeoutMs: 30_001 },
  { timeoutMs: '5000' },
  { retries: 3 },
])('a webhook cannot have %j', (wrong) => {
  expect(() => resolveWebhook({ ...sound, ...(wrong as object) })).toThrow(FactorConfigError);
  expect(() => resolveWebhook({ ...sound, ...(wrong as object) })).toThrow(`"${Object.keys(wrong).join()}"`);
});

it.each([undefined, null, 'https://acme.example/', [sound]])('a webhook cannot be %j', (options) => {
  expect(() => resolveWebhook(options as never)).toThrow('webhook: the options must be an object');
});
