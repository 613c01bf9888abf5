import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { networkOf, prefixOf } from './ip-network.js';

describe('the network of an address', () => {
  it.each<readonly [string, string, string]>([
    ['is the address itself in IPv4', '192.0.2.7', '192.0.2.7'],
    ['is the IPv4 address that an IPv6 address maps', '::ffff:192.0.2.7', '192.0.2.7'],
    ['is the IPv4 address that is mapped in upper case', '::FFFF:192.0.2.7', '192.0.2.7'],
    ['is that of this machine', '::1', '0:0:0:0::/64'],
    ['is that of no address', '::', '0:0:0:0::/64'],
    ['is a /64 that ends in zeros', '2001:db8::', '2001:db8:0:0::/64'],
    ['is the /64 of a whole address', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['is written without zeros in front, and in lower case', '2001:0DB8:0001:0002::ffff', '2001:db8:1:2::/64'],
    ['is found where zeros in the middle are left out', '2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['has no zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['is what it was where it is no address', 'not an address', 'not an address'],
    ['is what it was where it is empty', '', ''],
    ['is what it was where it has a port', '192.0.2.7:80', '192.0.2.7:80'],
  ])('%s', (_sentence, ip, network) => expect(networkOf(ip)).toBe(network));

  const group = fc.integer({ min: 0, max: 0xffff });
  const groups = (length: number) => fc.array(group, { minLength: length, maxLength: length });
  const written = (parts: readonly number[]): string => parts.map((part) => part.toString(16)).join(':');

  it('is one for all addresses of a /64, and another for every other', () => {
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), groups(4), (head, tail, otherHead, otherTail) => {
        const network = networkOf(`${written(head)}:${written(tail)}`);
        expect(networkOf(`${written(head)}:${written(otherTail)}`.toUpperCase())).toBe(network);
        expect(networkOf(`${written(otherHead)}:${written(tail)}`) === network).toBe(written(head) === written(otherHead));
      }),
      { numRuns: 25 },
    );
  });
});

describe('the wider network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.0/24'],
    ['::ffff:192.0.2.7', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['not an address', 'not an address'],
  ])('of %s is %s', (ip, network) => expect(prefixOf(ip)).toBe(network));
});
