import { FACTOR_EVENT_TYPES, type FactorEventType } from '../../factor/factor-event.js';
import {
  choiceOption,
  integerOption,
  isLoopback,
  listOption,
  type OptionRule,
  resolveOptions,
} from '../../validation/options.js';

/** The types of events that a webhook can receive: what the event log keeps, but `webhook_failed`, which would cause a loop. */
export type WebhookEventType = Exclude<FactorEventType, 'notified' | 'webhook_failed'>;

/** The option `webhook` of `composeFactors`. */
export interface WebhookOptions {
  /**
   * Where events are sent, by POST: a URL of 2048 characters at most that begins with https://, or with http:// for this
   * machine, without user name, password and fragment. Redirects are not followed.
   */
  readonly url: string;
  /**
   * One to five secrets, each `whsec_<base64 of 24 to 64 random bytes>`. Every message has a signature by each of them, so that
   * you can replace a secret without losing messages. `echo "whsec_$(openssl rand -base64 32)"` prints one.
   */
  readonly secrets: readonly string[];
  /** The types of events to send; all of them by default. */
  readonly events?: readonly WebhookEventType[];
  /** Whether messages name the client's IP address, which is personal data; false by default. */
  readonly includeIp?: boolean;
  /**
   * How many events may wait in the database, 1 to 100,000; 1000 by default. Further events are dropped. Once half of them wait,
   * events of a user are dropped who has 20 waiting, or 2% of `maxQueued` if that is more. Several servers may exceed it by 50
   * events each.
   */
  readonly maxQueued?: number;
  /** How long one try may take, in milliseconds, 100 to 30,000; 5000 by default. */
  readonly timeoutMs?: number;
}

/** The option, checked, with its defaults. */
export interface ResolvedWebhook {
  readonly url: string;
  /** The bytes of the secrets. */
  readonly secrets: readonly Buffer[];
  readonly events: ReadonlySet<string>;
  readonly includeIp: boolean;
  readonly maxQueued: number;
  readonly timeoutMs: number;
}

const MAX_URL_LENGTH = 2048;
const [MIN_SECRET_BYTES, MAX_SECRET_BYTES, MAX_SECRETS] = [24, 64, 5];
/** 24 random bytes have about 23 distinct values. Repeated or counted bytes, and typed text, have far fewer or are text. */
const MIN_DISTINCT_BYTES = 12;

const EVENT_TYPES = FACTOR_EVENT_TYPES.filter((type) => type !== 'notified' && type !== 'webhook_failed');

function isEndpoint(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > MAX_URL_LENGTH || !URL.canParse(value)) return false;
  const url = new URL(value);
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  return isSecure && url.username + url.password + url.hash === '';
}

/** Returns the bytes of a secret; undefined if it is malformed or obviously not random. */
function secretBytes(secret: unknown): Buffer | undefined {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(typeof secret === 'string' ? secret : '') ?? [];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  const isWhole = bytes.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
  const isRandom = new Set(bytes).size >= MIN_DISTINCT_BYTES && !bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isWhole && isRandom && bytes.length >= MIN_SECRET_BYTES && bytes.length <= MAX_SECRET_BYTES ? bytes : undefined;
}

// None of these sentences repeats a value: it may be a secret.
const RULES: { readonly [Name in keyof Required<WebhookOptions>]: OptionRule } = {
  url: {
    accepts: `a URL that begins with https://, or http:// for this machine, of ${MAX_URL_LENGTH} characters at most, without credentials and fragment`,
    isValid: isEndpoint,
  },
  secrets: {
    accepts: `a list of 1 to ${MAX_SECRETS} different secrets, each "whsec_" and the base64 of ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} random bytes; \`echo "whsec_$(openssl rand -base64 32)"\` prints one`,
    isValid: (value) =>
      listOption({ accepts: '', isValid: (secret) => secretBytes(secret) !== undefined }, MAX_SECRETS).isValid(value) &&
      new Set(value as readonly unknown[]).size === (value as readonly unknown[]).length &&
      (value as readonly unknown[]).length > 0,
  },
  events: {
    accepts: `a list of at least one of ${EVENT_TYPES.map((type) => JSON.stringify(type)).join(', ')}`,
    isValid: (value) => listOption(choiceOption(...EVENT_TYPES), 100).isValid(value) && (value as readonly unknown[]).length > 0,
  },
  includeIp: choiceOption(true, false),
  maxQueued: integerOption(1, 100_000),
  timeoutMs: integerOption(100, 30_000),
};

/** Checks the option `webhook`. @throws FactorConfigError naming the option and what it accepts */
export function resolveWebhook(options: WebhookOptions): ResolvedWebhook {
  const { secrets, events, ...resolved } = resolveOptions<Required<WebhookOptions>>('webhook', options, RULES, {
    events: EVENT_TYPES,
    includeIp: false,
    maxQueued: 1000,
    timeoutMs: 5000,
  });
  return { ...resolved, events: new Set(events), secrets: secrets.flatMap((secret) => secretBytes(secret) ?? []) };
}
