import { bucketOf } from '../../account/attempt-buckets.js';
import { secondFactors } from '../../account/factor-roles.js';
import type { AccountState, ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { emittingFaults } from '../../events/event-dispatcher.js';
import { assertChecked } from '../../factor/checks/request-check.js';
import type { FactorUser } from '../../factor/context.js';
import type { SignInUsers } from '../../factor/primary-sign-in.js';
import { factorContext } from '../factor-context.js';
import { UserFactor } from '../user-factor.js';

/** The users of the application, for a primary factor. */
export interface PrimaryUsers extends SignInUsers {
  /** Returns the account of a user that was found. */
  accountOf(user: FactorUser): Promise<AccountState | undefined>;
}

/** The users of the application, for a primary factor. */
export function primaryUsers(key: string, runtime: Runtime, request: ServerRequest): PrimaryUsers {
  const { accounts } = request.server;
  const read = new Map<FactorUser, AccountState>();
  const checked = new Set<string>();
  const accountOf = async (user: FactorUser): Promise<AccountState | undefined> => read.get(user) ?? accounts.find(user.id);
  return {
    accountOf,
    secondFactors: secondFactors(runtime),
    isKnown: async (id) => (await accounts.findLinked(key, id)) !== undefined,
    find: async (fields) => {
      const found = await accounts.findBy(fields, 2).catch((cause: unknown) => {
        throw new FactorError('unavailable', { cause }); // such as a string for a numeric column
      });
      for (const account of found) read.set(account.user, account);
      return found.map(({ user }) => user);
    },
    async assertChecked(secondFactor) {
      const checks = runtime.factors[secondFactor]?.requestChecks ?? [];
      await assertChecked(checks, factorContext(secondFactor, runtime, request));
      checked.add(secondFactor);
    },
    async challenge(user, secondFactor) {
      const account = await accountOf(user);
      if (account === undefined) return false;
      // It must not count against the client's own limits: that would reveal whether the user exists (CWE-204).
      const asked = { ...request, client: { ...request.client, ip: undefined } };
      const own = new UserFactor<object>(secondFactor, runtime, asked, account, { primary: bucketOf(key, runtime) });
      const work = async (): Promise<boolean> => {
        const enrolment = own.findEnrolment()?.enrolment;
        if (enrolment === undefined) return false;
        await own.factor.challenge({ ...own.context, isChecked: checked.has(secondFactor) }, 'sign-in', enrolment);
        return true;
      };
      return emittingFaults(own.context.emit, work).catch(() => false);
    },
  };
}
