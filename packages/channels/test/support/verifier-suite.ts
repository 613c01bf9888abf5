import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FactorError } from '@parse-factors/core';
import type { VerificationAnswer, VerificationStart, Verifier } from '@parse-factors/core/channel';
import { StandIn, type StandInAnswer } from '../../../test-server/src/provider-stand-in.js';
import type { VerifierOptions } from '../../src/support/verifier.js';
import { answer, CODE, expectDiscreet, faultOf, NUMBER, WORDS } from './provider-suite.js';
import { describeReach } from './reach-suite.js';

/** A verification to start. */
export const starting = (changes: Partial<VerificationStart> = {}): VerificationStart => ({
  to: NUMBER,
  locale: 'fr-CA',
  purpose: 'sign-in',
  user: undefined,
  expiresAt: Date.parse('2030-01-01T00:05:00Z'),
  validityMs: 300_000,
  codeLength: 6,
  mayEnd: async () => true,
  key: 'k'.repeat(43),
  signal: new AbortController().signal,
  ...changes,
});

type Outcome = readonly [what: string, answer: StandInAnswer, code?: string];

/** One request of a verifier, and what its documented replies mean. */
interface RequestCase {
  readonly path: string;
  readonly headers: Record<string, unknown>;
  readonly body: unknown;
  /** What the code `MessageNotAccepted` has for these replies. */
  readonly failed: readonly Outcome[];
  readonly limited: readonly Outcome[];
}

/** A provider's documentation, and the verifier that is tested against it. */
export interface VerifierCase {
  readonly name: string;
  readonly id: string;
  readonly make: (options: VerifierOptions) => Verifier;
  readonly start: RequestCase & { readonly accepted: readonly [Outcome, ...Outcome[]]; readonly refused: readonly Outcome[] };
  readonly check: RequestCase & {
    readonly right: Outcome;
    readonly wrong: readonly Outcome[];
    readonly gone: readonly Outcome[];
  };
}

const rows = (outcomes: readonly Outcome[]): (readonly [string, StandInAnswer, string])[] =>
  outcomes.map(([what, reply, code = '']) => [what, reply, code]);

const SENT = new Set(['authorization', 'accept', 'content-type']);
const bodyOf = (type: unknown, text: string): unknown =>
  String(type).startsWith('application/json') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));

/** Replies of no provider, for a documented one. */
function garbage([, reply]: Outcome): readonly Outcome[] {
  const { status, body } = reply as { readonly status: number; readonly body: string };
  const page = `<!doctype html><title>${WORDS}</title>`;
  return [
    [`${status} with a page`, { status, body: page, headers: { 'Content-Type': 'text/html' } }, `http_${status}`],
    [`${status} with nothing`, { status, body: '' }, `http_${status}`],
    [`${status} with a list`, { status, body: `[${body}]` }, `http_${status}`],
    [`${status} with an empty object`, { status, body: '{}' }, `http_${status}`],
    [`${status} with JSON that ends early`, { status, body: body.slice(0, -1) }, `http_${status}`],
    [`${status} with a reply that is too long`, { status, body: body + ' '.repeat(70_000) }, 'reply_too_long'],
    ['another status with the reply', { status: status === 200 ? 202 : 200, body }],
    ['401 with words', answer(401, { message: WORDS, code: WORDS, type: WORDS, status: WORDS }), 'http_401'],
    ['404 with a page', { status: 404, body: page }, 'http_404'],
    ['500 with the reply', { status: 500, body }],
    ['503 with a page', { status: 503, body: page }, 'http_503'],
    ['a body that ends early', 'truncated'],
    ['a closed connection', 'reset'],
    ['redirect 307', { status: 307, body: '', headers: { Location: '/elsewhere' } }, 'connection_failed'],
  ];
}

/** Tests a verifier against a local stand-in of its provider. */
export function describeVerifier({ name, id, make, start, check }: VerifierCase): void {
  const api = new StandIn();
  let baseUrl = '';
  const begin = (changes: Partial<VerificationStart> = {}, options: VerifierOptions = {}): Promise<{ readonly id: string }> =>
    make({ baseUrl, ...options }).start(starting(changes));
  const verify = (signal = new AbortController().signal, options: VerifierOptions = {}): Promise<VerificationAnswer> =>
    make({ baseUrl, ...options }).check({ id, to: NUMBER, code: CODE, signal });

  const received = (): object => {
    const [{ method, path, headers, body } = { headers: {}, body: '' }] = api.received;
    const own = Object.fromEntries(Object.entries(headers).filter(([header]) => SENT.has(header)));
    return { method, path, headers: own, body: bodyOf(headers['content-type'], body) };
  };
  const fail = async (work: () => Promise<unknown>, reply: StandInAnswer): Promise<Error & { readonly code?: unknown }> => {
    api.answer = reply;
    const fault = await faultOf(work());
    expect(api.received).toHaveLength(1); // one try
    expectDiscreet(fault);
    return fault;
  };

  describe(name, () => {
    beforeAll(async () => {
      baseUrl = await api.start();
    });
    beforeEach(() => {
      api.received.length = 0;
      api.onRequest = () => undefined;
    });
    afterAll(() => api.stop());

    for (const [what, work, about, documented] of [
      ['start', () => begin(), start, start.accepted[0]],
      ['check', () => verify(), check, check.right],
    ] as const) {
      const { failed, limited, ...request } = about;
      it(`sends what the provider documents to ${what}, field by field`, async () => {
        [, api.answer] = documented;
        await work();
        const { path, headers, body } = request;
        expect(received()).toEqual({ method: 'POST', path, headers, body });
      });

      it.each(rows([...garbage(documented), ...failed]))(`does not ${what} with %s`, async (_what, reply, code) => {
        const fault = await fail(work, reply);
        expect(fault.name).toBe('MessageNotAccepted');
        expect(fault.code).toMatch(/^[A-Za-z0-9_-]{1,40}$/);
        if (code !== '') expect(fault.code).toBe(code);
      });

      it.each(rows([['429 and a page', { status: 429, body: WORDS }], ...limited]))(
        `tells of the provider's limit at the ${what}: %s`,
        async (_what, reply) => {
          const fault = await fail(work, reply);
          expect(fault).toBeInstanceOf(FactorError);
          expect(fault.code).toBe('cooldown');
        },
      );
    }

    it.each(rows(start.accepted))('has started a verification with %s', async (_what, reply) => {
      api.answer = reply;
      expect(await begin()).toEqual({ id });
    });

    it.each(rows(start.refused))('refuses the address with %s', async (_what, reply) => {
      const fault = await fail(() => begin(), reply);
      expect(fault).toBeInstanceOf(FactorError);
      expect(fault.code).toBe('address_refused');
    });

    const answers = (answered: VerificationAnswer, outcomes: readonly Outcome[]): (readonly [string, string, StandInAnswer])[] =>
      outcomes.map(([what, reply]) => [answered, what, reply]);
    it.each([...answers('right', [check.right]), ...answers('wrong', check.wrong), ...answers('gone', check.gone)])(
      'finds a code %s with %s',
      async (answered, _what, reply) => {
        api.answer = reply;
        expect(await verify()).toBe(answered);
        expect(api.received).toHaveLength(1);
      },
    );

    it('takes a base URL with a path', async () => {
      [, api.answer] = start.accepted[0];
      await begin({}, { baseUrl: `${baseUrl}/proxy/` });
      expect(api.received[0]?.path).toBe(`/proxy${start.path}`);
    });

    it.each(['hang', 'stall'] as const)('ends its requests with the signal, and after `timeoutMs`: %s', async (silence) => {
      api.answer = silence;
      const controller = new AbortController();
      api.onRequest = () => controller.abort();
      expect(await faultOf(begin({ signal: controller.signal }))).toMatchObject({ code: 'timeout' });
      expect(await faultOf(verify(controller.signal))).toMatchObject({ code: 'timeout' });
      await api.allGivenUp();
      expect(await faultOf(begin({}, { timeoutMs: 50 }))).toMatchObject({ code: 'timeout' });
      expect(await faultOf(verify(undefined, { timeoutMs: 50 }))).toMatchObject({ code: 'timeout' });
      await api.allGivenUp();
    });

    describeReach({ make, path: start.path }, api, () => baseUrl);

    it('tells the factor about its codes', () => {
      expect(make({})).toMatchObject({ name, codeLength: 6 });
      expect(make({ codeLength: 8, rejectionMs: 500 })).toMatchObject({ codeLength: 8, rejectionMs: 500 });
      expect(make({}).notify).toBeUndefined();
    });
  });
}
