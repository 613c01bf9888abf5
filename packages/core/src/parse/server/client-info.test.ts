import { describe, expect, it } from 'vitest';
import { type ClientIp, clientInfo } from './client-info.js';

const ipOf = (ip: string | undefined, clientIp?: ClientIp): string | undefined =>
  clientInfo(clientIp, { ip, config: { appId: 'acme' } as never }).ip;

describe('the IP address of a client', () => {
  it.each([
    ['is the one that Parse Server saw', '192.0.2.7', undefined, '192.0.2.7'],
    ['is an IPv4 address where the server listens on IPv6 as well', '::ffff:192.0.2.7', undefined, '192.0.2.7'],
    ['is an IPv4 address that the application returns in that form', undefined, '::FFFF:192.0.2.7', '192.0.2.7'],
    ['stays an IPv6 address', '2001:db8::ffff', undefined, '2001:db8::ffff'],
    ['is unknown within the process', undefined, undefined, undefined],
    ['is the one that the application returns', '192.0.2.7', '198.51.100.1', '198.51.100.1'],
    ['is not a text that the application returns', '192.0.2.7', 'unknown', '192.0.2.7'],
  ])('%s', (_sentence, seen, returned, expected) => {
    expect(ipOf(seen, returned === undefined ? undefined : () => returned)).toBe(expected);
  });

  it('reaches the application in that form too', () => {
    const seen: unknown[] = [];
    ipOf('::ffff:192.0.2.7', ({ ip }) => {
      seen.push(ip);
      return undefined;
    });
    expect(seen).toEqual(['192.0.2.7']);
  });
});
