import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';

type Item = DefaultTheme.SidebarItem;

const docs = fileURLToPath(new URL('..', import.meta.url));

const page = (text: string, link: string): Item => ({ text, link });

const group = (text: string, items: Item[], collapsed = false): Item => ({ text, items, collapsed });

/** The pages of a folder by their headings, those that are named first in this order. */
function pagesOf(folder: string, first: readonly string[]): Item[] {
  if (!existsSync(join(docs, folder))) return [];
  const names = readdirSync(join(docs, folder)).filter((name) => name.endsWith('.md'));
  const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return names
    .toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((name) => {
      const [, heading = name] = /^# (.+)$/m.exec(readFileSync(join(docs, folder, name), 'utf8')) ?? [];
      return page(heading.replaceAll('`', ''), `/${folder}/${name.replace(/\.md$/, '')}`);
    });
}

export const nav: DefaultTheme.NavItem[] = [
  { text: 'Start', link: '/guide/getting-started', activeMatch: '^/guide/getting-started' },
  { text: 'Concepts', link: '/guide/concepts', activeMatch: '^/guide/concepts' },
  { text: 'Factors', link: '/factors/', activeMatch: '^/factors/' },
  { text: 'Security', link: '/security/', activeMatch: '^/security/' },
  {
    text: 'Reference',
    activeMatch: '^/(reference|api)/',
    items: [
      { text: 'Options', link: '/reference/options' },
      { text: 'Errors', link: '/reference/errors' },
      { text: 'API', link: '/api/' },
    ],
  },
];

export const sidebar: Item[] = [
  group('Start', [
    page('What it is', '/'),
    page('Getting started', '/guide/getting-started'),
    page('Existing apps', '/guide/existing-app'),
    page('The example', '/guide/example'),
    page('Concepts', '/guide/concepts'),
    page('What clients send', '/guide/clients'),
  ]),
  group('Factors', [
    page('Which ones', '/factors/'),
    page('SMS', '/factors/sms-otp'),
    page('E-mail', '/factors/email-otp'),
    page('Authenticator apps', '/factors/totp'),
    page('Passkeys', '/factors/passkey'),
    page('Recovery codes', '/factors/recovery-codes'),
    page('Trusted devices', '/factors/trusted-device'),
    page('Fields of one’s own', '/factors/fields'),
    page('The built-in mfa', '/factors/mfa-compat'),
    page('defineFactor', '/factors/define-factor'),
  ]),
  group(
    'Channels',
    [
      page('Messages go out', '/channels/'),
      page('Twilio', '/channels/twilio'),
      page('SendGrid', '/channels/sendgrid'),
      page('SMTP', '/channels/smtp'),
      page('Outbox', '/channels/outbox'),
      page('Failover', '/channels/failover'),
      page('Your own', '/channels/your-own'),
    ],
    true,
  ),
  group(
    'Stores',
    [
      page('Stores and limits', '/stores/'),
      page('The app’s database', '/stores/database'),
      page('Redis', '/stores/redis'),
      page('Memory', '/stores/memory'),
      page('Your own', '/guide/write-a-store'),
    ],
    true,
  ),
  group('Guides', [
    page('Compose and policies', '/guide/policies'),
    page('Passwordless', '/guide/passwordless'),
    page('Step-up in Cloud Code', '/guide/step-up'),
    page('Enforced enrolment', '/guide/enforced-enrolment'),
    page('Messages and notices', '/guide/messages'),
    page('Many servers', '/guide/many-servers'),
    page('Serverless hosts', '/guide/serverless'),
    page('Migrate from mfa', '/guide/migrate-from-mfa'),
    page('Migrate from parse-server-otp-auth-adapter', '/guide/migrate-from-parse-server-otp-auth-adapter'),
    page('Write a factor', '/guide/write-a-factor'),
    page('Write a store', '/guide/write-a-store'),
    page('Operations and monitoring', '/guide/operations'),
    page('Key rotation', '/guide/key-rotation'),
    page('GDPR and deletion', '/guide/gdpr'),
    page('Benchmarks', '/guide/benchmarks'),
  ]),
  group('Security', [
    page('Threat model', '/security/'),
    page('How each invariant is tested', '/security/tests'),
    page('SMS and e-mail', '/security/sms-and-email'),
    page('What weakens it', '/security/weakening'),
  ]),
  group('Recipes', pagesOf('recipes', ['rest.md', 'graphql.md', 'javascript.md']), true),
  group('Reference', [...pagesOf('reference', ['options.md', 'errors.md']), page('API', '/api/')]),
];
