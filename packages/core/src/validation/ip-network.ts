import { isIPv6 } from 'node:net';

/** Returns an IP address without the prefix by which a server that also listens on IPv6 shows IPv4 (RFC 4291, section 2.5.5.2). */
export const unmapped = (ip: string): string => ip.replace(/^::ffff:(?=\d+(?:\.\d+){3}$)/i, '');

/**
 * Returns the network that limits count a client's IP address for. In IPv4 it is the address itself. In IPv6 it is
 * the /64, because one subscriber has at least one of these (RFC 6177).
 */
export function networkOf(address: string): string {
  const ip = unmapped(address);
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = (ip.split('%')[0] ?? '').toLowerCase().split('::');
  const groupsOf = (part: string | undefined): string[] => (part === undefined || part === '' ? [] : part.split(':'));
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** Returns the wider network that one party often has all of: the /24 of an IPv4 address, the /64 of an IPv6 address. */
export function prefixOf(ip: string): string {
  const network = networkOf(ip);
  const [, prefix] = /^(\d+\.\d+\.\d+)\.\d+$/.exec(network) ?? [];
  return prefix === undefined ? network : `${prefix}.0/24`;
}
