import { defineFactor } from '@parse-factors/core';
import { bytesFrom, readFields, type Factor, type FactorContext } from '@parse-factors/core/factor';

/** How your app reaches a phone. */
export interface Phones {
  /** Shows a request on the phone. */
  ask(phone: string, request: string): Promise<void>;
  /** Tells whether the user approved the request on the phone. */
  hasApproved(phone: string, request: string): Promise<boolean>;
}

const PHONE = { maxLength: 64, pattern: /^[A-Za-z0-9-]+$/, accepts: 'the id of a phone' };
const REQUEST = { maxLength: 32, pattern: /^[0-9a-f]{32}$/, accepts: 'the id of the approved request' };

/** Asks the user's phone to approve a login. */
export function pushApproval(phones: Phones): Factor<{ readonly phone: string }> {
  const askPhone = async ({ random }: FactorContext, phone: string) => {
    const request = bytesFrom(random, 16).toString('hex');
    await phones.ask(phone, request);
    return { expected: `${phone} ${request}`, reply: { request } };
  };
  return defineFactor({
    answer: REQUEST,
    async begin(context, payload) {
      const { phone } = readFields(payload, { phone: PHONE });
      return { ...(await askPhone(context, phone)), enrolment: { phone } };
    },
    challenge: (context, { phone }) => askPhone(context, phone),
    check: async (_context, answer, expected) => {
      const [phone = '', request = ''] = expected.split(' ');
      return answer === request && (await phones.hasApproved(phone, request));
    },
    validityMs: 2 * 60_000,
  });
}
