import { storedAmong } from '../../account/factor-roles.js';
import type { StagedSave } from '../../account/ports.js';
import { everyStep } from '../../error/every-step.js';
import { emitter, emittingFaults } from '../../events/event-dispatcher.js';
import { UserFactor } from '../user-factor.js';
import type { ProvenAddress } from './second-factors.js';

/**
 * Returns what a new password changes besides, where the code has proven the unverified `email` of an account. A stranger may
 * have opened the account with that address, to find its owner in it later (account pre-hijacking, CWE-287).
 *
 * In the statement of the password, all factors, backup authenticators and other providers go, and `email` becomes verified. It
 * is carried out only while `email` is the same and unverified: the owner of a verified `email` needs their second factors.
 */
export function takeOver({ request, named, account, target }: ProvenAddress): Pick<StagedSave, 'where' | 'fields' | 'plan'> & {
  readonly after: () => Promise<void>;
} {
  const { runtime, server } = request;
  const { user, stored, unconfirmed } = account;
  const emit = emitter(named.key, runtime, request, account);
  const ours = storedAmong(stored, Object.keys(runtime.factors));
  const forget = ours.map((key) => () => new UserFactor(key, runtime, request, account).forget());
  forget.push(() => server.devices.forget(account.id));
  return {
    where: {
      email: user.get('email'),
      emailVerified: user.get('emailVerified') ?? null,
    },
    fields: { emailVerified: true },
    plan: {
      // Providers that are linked meanwhile go too.
      basis: [...new Set([...server.providers, ...Object.keys(runtime.factors), ...Object.keys(stored), 'anonymous'])],
      decide: (now) => Object.fromEntries([...Object.keys(now), ...unconfirmed].map((key) => [key, null])),
    },
    after: async () => {
      emit({ type: 'account_taken_over', alsoAt: [{ factor: named.key, address: target.code.address }] });
      // The account is taken over, so a fault is an event.
      await emittingFaults(emit, () => everyStep(forget)).catch(() => undefined);
    },
  };
}
