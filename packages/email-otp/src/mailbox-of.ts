/** How a mail provider reads the addresses of its domains. */
interface Provider {
  /** Domains that share mailboxes. The first one stands for all. */
  readonly domains: readonly string[];
  /** Characters of a local part that the provider ignores. */
  readonly ignored?: RegExp;
  /** A character that begins a tag, besides `+`. */
  readonly tag?: '-';
  /** Whether the provider delivers `tag@user.<domain>` to `user@<domain>`. */
  readonly subdomains?: true;
}

const PROVIDERS: readonly Provider[] = [
  { domains: ['gmail.com', 'googlemail.com'], ignored: /\./g },
  { domains: ['icloud.com', 'me.com', 'mac.com'] },
  // Proton never assigns two accounts that differ in these characters only.
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
 * Returns the mailbox that an address is delivered to, as far as its spelling shows it. Send limits count per mailbox, so that
 * `victim+1@…` and `v.ictim@…` do not get extra messages (email bombing). It never identifies a user.
 * - Everywhere: the sub-address is removed, from the first `+` on (RFC 5233; Gmail and Google Workspace, Outlook and Microsoft
 *   365, iCloud, Fastmail, Proton, Zoho, Yandex). If a server treats `+` as an ordinary character, such mailboxes share a
 *   limit.
 * - Gmail: dots are ignored, and `googlemail.com` is `gmail.com`.
 * - iCloud: `me.com` and `mac.com` are `icloud.com`.
 * - Proton: dots, hyphens and underscores are ignored; all its domains are one.
 * - Fastmail: `tag@user.fastmail.com` is `user@fastmail.com`.
 * - Yahoo: a tag begins with `-`.
 * @param address a normalised address, in lower case
 * @returns undefined if the address has no tag and its domain has no rules: it is then counted on its own
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
