/** How a provider reads the addresses of its domains. */
interface Provider {
  /** Domains that are one and the same for it; the first one stands for all. */
  readonly domains: readonly string[];
  /** What it does not look at in a local part. */
  readonly ignored?: RegExp;
  /** Begins a tag, beside `+`. */
  readonly tag?: '-';
  /** Whether it takes `tag@user.<domain>` for `user@<domain>`. */
  readonly subdomains?: true;
}

const PROVIDERS: readonly Provider[] = [
  { domains: ['gmail.com', 'googlemail.com'], ignored: /\./g },
  { domains: ['icloud.com', 'me.com', 'mac.com'] },
  // Proton gives no two accounts that differ in these only.
  { domains: ['proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me'], ignored: /[._-]/g },
  { domains: ['fastmail.com'], subdomains: true },
  { domains: ['fastmail.fm'], subdomains: true },
  { domains: ['ymail.com'], tag: '-' },
  { domains: ['rocketmail.com'], tag: '-' },
];
const YAHOO = /^yahoo\.[a-z.]{2,6}$/;

function providerOf(domain: string): Provider | undefined {
  if (YAHOO.test(domain)) return { domains: [domain], tag: '-' };
  return PROVIDERS.find(({ domains, subdomains }) =>
    domains.some((name) => name === domain || (subdomains === true && domain.endsWith(`.${name}`))),
  );
}

/**
 * The mailbox that an address is delivered to, as far as its spelling tells: what quotas count by, so that
 * `victim+1@…` and `v.ictim@…` win no further messages. Identity does not go by it.
 *
 * - Everywhere a sub-address is left out, from the first `+` on (RFC 5233; Gmail and Google Workspace, Outlook and
 *   Microsoft 365, iCloud, Fastmail, Proton, Zoho, Yandex). Where a server takes the whole for a mailbox of its own, such
 *   mailboxes share a quota.
 * - Gmail: dots do not matter, and `googlemail.com` is `gmail.com`.
 * - iCloud: `me.com` and `mac.com` are `icloud.com`.
 * - Proton: dots, hyphens and underscores do not matter; its domains are one.
 * - Fastmail: `tag@user.fastmail.com` is `user@fastmail.com`.
 * - Yahoo: a tag begins with `-`.
 *
 * @param address in its one form, lower case
 * @returns undefined for an address without a tag, at a domain without further rules: it is counted by itself
 */
export function mailboxOf(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const provider = providerOf(domain);
  if (provider === undefined && address.indexOf('+') < 1) return undefined;
  const { domains, ignored, tag, subdomains } = provider ?? { domains: [domain] };
  const [own = domain] = domains;
  const isBelow = subdomains === true && domain !== own;
  const written = isBelow ? domain.slice(0, -own.length - 1) : address.slice(0, at);
  const ends = ['+', ...(tag === undefined ? [] : [tag])].map((mark) => written.indexOf(mark)).filter((end) => end > 0);
  const base = written.slice(0, Math.min(...ends, written.length));
  const local = ignored === undefined ? base : base.replaceAll(ignored, '');
  return `${local === '' ? base : local}@${own}`;
}
