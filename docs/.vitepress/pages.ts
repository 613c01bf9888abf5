import type { DefaultTheme } from 'vitepress';

type Item = DefaultTheme.SidebarItem;

const page = (text: string, link: string): Item => ({ text, link });

const group = (text: string, items: Item[]): Item => ({ text, items, collapsed: true });

export const nav: DefaultTheme.NavItem[] = [
  { text: 'Start', link: '/start/new-app', activeMatch: '^/start/' },
  { text: 'Factors', link: '/factors/', activeMatch: '^/(factors|passwordless)/' },
  { text: 'Clients', link: '/clients/', activeMatch: '^/clients/' },
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

/** The pages in the order of what a reader wants to do. */
export const sidebar: Item[] = [
  {
    text: 'Start',
    items: [
      page('Overview', '/'),
      page('A new app', '/start/new-app'),
      page('An existing app', '/start/existing-app'),
      page('See the example', '/start/example'),
      page('How it works', '/start/how-it-works'),
    ],
  },
  group('Add a factor', [
    page('Choose factors', '/factors/'),
    page('SMS codes', '/factors/sms-otp'),
    page('Email codes', '/factors/email-otp'),
    page('Authenticator apps', '/factors/totp'),
    page('Passkeys', '/factors/passkey'),
    page('Several authenticators', '/factors/several-authenticators'),
    page('Recovery codes', '/factors/recovery-codes'),
    page('Trusted devices', '/factors/trusted-device'),
    page('Sign-in fields', '/factors/fields'),
    page('The built-in mfa', '/factors/mfa-compat'),
  ]),
  group('Send codes', [
    page('Channels', '/channels/'),
    page('Mail of Parse Server', '/channels/parse-mail'),
    page('SMTP', '/channels/smtp'),
    page('Amazon SES', '/channels/ses'),
    page('Postmark', '/channels/postmark'),
    page('Resend', '/channels/resend'),
    page('SendGrid', '/channels/sendgrid'),
    page('Mailgun', '/channels/mailgun'),
    page('Brevo', '/channels/brevo'),
    page('Twilio', '/channels/twilio'),
    page('Twilio Voice', '/channels/twilio-voice'),
    page('Vonage', '/channels/vonage'),
    page('Amazon SNS', '/channels/sns'),
    page('Sinch', '/channels/sinch'),
    page('Plivo', '/channels/plivo'),
    page('Bird', '/channels/bird'),
    page('WhatsApp', '/channels/whatsapp'),
    page('Telegram Gateway', '/channels/telegram'),
    page('Outbox', '/channels/outbox'),
    page('Failover', '/channels/failover'),
  ]),
  group('Passwordless', [
    page('Sign in without a password', '/passwordless/'),
    page('Sign up with a passkey alone', '/passwordless/passkey-sign-up'),
  ]),
  group('Protect', [
    page('The guard', '/protect/guard'),
    page('Login policies', '/protect/policies'),
    page('Require enrolment', '/protect/enforced-enrolment'),
    page('Step-up', '/protect/step-up'),
    page('Sessions', '/protect/sessions'),
    page('Limits and costs', '/protect/limits'),
    page('Messages and notices', '/protect/messages'),
    page('Password reset', '/protect/password-reset'),
    page('Verify addresses', '/protect/verify-addresses'),
  ]),
  group('Connect clients', [
    page('What clients send', '/clients/'),
    page('REST', '/clients/rest'),
    page('curl', '/clients/curl'),
    page('GraphQL', '/clients/graphql'),
    page('JavaScript', '/clients/javascript'),
    page('React', '/clients/react'),
    page('React Native', '/clients/react-native'),
    page('Swift', '/clients/swift'),
    page('Objective-C', '/clients/objective-c'),
    page('Kotlin (Android)', '/clients/kotlin'),
    page('Flutter', '/clients/flutter'),
    page('.NET', '/clients/dotnet'),
  ]),
  group('Run', [
    page('Go-live check list', '/run/go-live'),
    page('Deploy', '/run/deploy'),
    page('Proxies and IP addresses', '/run/proxies'),
    page('Several servers', '/run/several-servers'),
    page('Serverless', '/run/serverless'),
    page('Stores', '/run/stores'),
    page('The database of the app', '/run/database'),
    page('MongoDB', '/run/mongodb'),
    page('Redis', '/run/redis'),
    page('Monitoring', '/run/monitoring'),
    page('Help a user', '/run/help-users'),
    page('Parse Dashboard', '/run/dashboard'),
    page('Key rotation', '/run/key-rotation'),
    page('Privacy and deletion', '/run/gdpr'),
    page('Test in CI', '/run/testing'),
    page('Hosted Parse', '/run/hosted'),
    page('Troubleshooting', '/run/troubleshooting'),
  ]),
  group('Move', [
    page('Roll out to existing users', '/move/existing-users'),
    page('From the built-in mfa', '/move/from-mfa'),
    page('From parse-server-otp-auth-adapter', '/move/from-otp-adapter'),
    page('Go back', '/move/go-back'),
    page('Versions and upgrades', '/move/versions'),
  ]),
  group('Extend', [
    page('A factor in one function', '/extend/define-factor'),
    page('A factor as a class', '/extend/write-a-factor'),
    page('A store', '/extend/write-a-store'),
    page('A channel', '/extend/write-a-channel'),
  ]),
  group('Security', [
    page('Threat model', '/security/'),
    page('SMS and email', '/security/sms-and-email'),
    page('What weakens it', '/security/weakening'),
    page('How each guarantee is tested', '/security/tests'),
  ]),
  group('Reference', [
    page('Options', '/reference/options'),
    page('Errors', '/reference/errors'),
    page('Benchmarks', '/reference/benchmarks'),
    page('API', '/api/'),
  ]),
];
