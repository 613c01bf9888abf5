import type { AuthenticatorChange, AuthenticatorRules, EnrolledContext } from '@parse-factors/core/factor';
import type { AssertionAnswer } from './parse-credential.js';
import { afterUse, goesOn, type PasskeyEnrolment, type PasskeyUse } from './passkey.js';

type Enrolled = EnrolledContext<PasskeyEnrolment>;

/**
 * Stores a change of one of the user's passkeys.
 * @throws FactorError `not_enrolled` if the user does not have the passkey, or would have none left
 */
export async function changePasskey({ change }: Enrolled, asked: AuthenticatorChange, rules: AuthenticatorRules): Promise<void> {
  const isChanged = await change(({ handle, passkeys }) => {
    const left = rules.changed(passkeys, asked);
    return left && { handle, passkeys: left };
  });
  if (!isChanged) throw rules.unknown();
}

/**
 * Stores the use of a passkey. A counter that went back may mean a cloned authenticator: the use is refused and an event is
 * emitted.
 */
export async function storeUse(
  context: Enrolled,
  { response: { id } }: AssertionAnswer,
  use: Omit<PasskeyUse, 'at'>,
): Promise<boolean> {
  let hasGoneBack = false;
  const isStored = await context.change((enrolment) => {
    const before = enrolment.passkeys.find((passkey) => passkey.id === id);
    hasGoneBack = before !== undefined && !goesOn(before.counter, use.counter);
    return afterUse(enrolment, id, { ...use, at: context.clock() });
  });
  if (hasGoneBack) context.emit({ type: 'rejected', reason: 'counter_went_back' });
  return isStored;
}
