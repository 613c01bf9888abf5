import { secondFactors } from '../account/factor-roles.js';
import { FactorError } from '../error/factor-error.js';
import type { SignInUsers } from '../factor/primary-sign-in.js';
import { answering } from '../parse/parse-errors.js';
import { findUsers } from '../parse/parse-user.js';
import type { AskedRequest } from './factor-context.js';
import { primaryFactor } from './primary-factor.js';
import type { FactorRuntime } from './runtime.js';
import { FactorRequest } from './user-factor.js';

/** The users of the application, for a factor that signs in alone. */
export function signInUsers(key: string, runtime: FactorRuntime, request: AskedRequest): SignInUsers {
  const { config } = request;
  return {
    secondFactors: secondFactors(runtime),
    isKnown: async (id) => (await config.database.find('_User', { [`authData.${key}.id`]: id }, { limit: 1 })).length > 0,
    find: (fields) =>
      findUsers(config, fields, 2).catch((cause: unknown) => {
        throw new FactorError('unavailable', { cause }); // such as a text for a column of numbers
      }),
    challenge(user, secondFactor) {
      // Nothing of the asker's own limits is used up by it: he would learn so.
      const proven = { ...request, ip: null, primary: primaryFactor(key, runtime) };
      const scope = new FactorRequest<object>(secondFactor, runtime, proven, user);
      const work = async (): Promise<boolean> => {
        const enrolment = scope.findEnrolment()?.enrolment;
        if (enrolment === undefined) return false;
        await runtime.factors[secondFactor]?.challenge(scope.context, 'sign-in', enrolment);
        return true;
      };
      return answering(scope.context.emit, work).catch(() => false);
    },
  };
}
