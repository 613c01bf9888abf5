import { secondFactors, standInFactors } from '../account/factor-roles.js';
import type { FactorUser } from '../factor/context.js';
import type { PrimaryFactor } from '../factor/primary-factor.js';
import { loginTrace } from '../parse/login-trace.js';
import type { HookConfig, HookRequest } from '../parse/parse-types.js';
import { authDataOf, hasPassword } from '../parse/parse-user.js';
import { givenOf } from '../parse/sent-credentials.js';
import { namesUser } from '../validation/payload.js';
import type { FactorRuntime } from './runtime.js';

/** Neither is the key of a factor or a provider. */
const PROVIDERS: PrimaryFactor = { name: 'other-providers', group: 'other-providers' };
/** Several in one login. Whoever has only one of them never counts here. */
const SEVERAL: PrimaryFactor = { name: 'several-factors', group: 'several-factors' };

type Composed = Pick<FactorRuntime, 'factors'>;

/** A primary factor by the key of a factor or a provider. */
export const primaryFactor = (key: string, { factors }: Composed): PrimaryFactor => ({
  name: key,
  group: Object.hasOwn(factors, key) ? key : PROVIDERS.group,
});

/** What a login gives in place of the password; undefined for the password. All of it is proven before anything is counted. */
export function primaryOfLogin({ object }: Pick<HookRequest, 'object'>, runtime: Composed): PrimaryFactor | undefined {
  const beside = [...secondFactors(runtime), ...standInFactors(runtime)];
  const given = Object.entries(givenOf(object).authData).filter(
    ([key, payload]) => payload !== null && (!beside.includes(key) || namesUser(payload)),
  );
  const [only] = given;
  if (only === undefined) return undefined;
  return given.length > 1 ? SEVERAL : primaryFactor(only[0], runtime);
}

/** What a challenge was asked for with, in place of the password; undefined for the password. */
export async function primaryOfChallenge(
  request: HookRequest,
  user: FactorUser,
  runtime: Composed,
): Promise<PrimaryFactor | undefined> {
  const { identifiedBy } = loginTrace(request);
  if (identifiedBy !== undefined) return primaryFactor(identifiedBy, runtime);
  const providers = Object.keys(authDataOf(user)).filter((key) => !Object.hasOwn(runtime.factors, key));
  if (providers.length === 0) return undefined;
  // Parse Server takes the password's hash off the row that it has compared a password with, and off no other.
  const isByPassword = user.get('password') === undefined && (await hasPassword(request.config, user.id));
  return isByPassword ? undefined : PROVIDERS;
}

/** Every primary factor by which the user may have been counted, the password left out. */
export function primariesOf({ auth = {} }: HookConfig, user: FactorUser, { factors }: Composed): readonly PrimaryFactor[] {
  const keys = new Set([...Object.keys(auth), ...Object.keys(factors), ...Object.keys(authDataOf(user))]);
  const canComeFirst = (key: string): boolean => {
    const { signIn, alone } = factors[key] ?? {};
    return !Object.hasOwn(factors, key) || signIn !== undefined || alone !== undefined;
  };
  return [...[...keys].filter(canComeFirst).map((key) => primaryFactor(key, { factors })), PROVIDERS, SEVERAL];
}
