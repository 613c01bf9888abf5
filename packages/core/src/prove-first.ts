import { FactorRequest } from './factor-request.js';
import { firstFactors, type FactorRuntime } from './factor-runtime.js';
import type { FactorUser } from './factor.js';
import { givenOf } from './given.js';
import { loginTrace } from './login-trace.js';
import type { HookRequest } from './parse-hooks.js';
import { asObject } from './payload.js';
import { requestContext } from './request-context.js';
import type { ProvenId, SignIn } from './sign-in.js';

/**
 * Checks everything of a login that signs in alone, once for all its factors, and spends nothing.
 * Before anything else is said, so that nobody learns what a user has, or that there is one.
 *
 * @throws FactorError `code_rejected`, `invalid_input`; `unavailable` where a stored record does not open
 */
export async function proveFirst(request: HookRequest, runtime: FactorRuntime): Promise<ReadonlyMap<string, ProvenId>> {
  const { proven } = loginTrace(request);
  const given = givenOf(request.object).authData;
  for (const key of firstFactors(runtime)) {
    const { signIn } = runtime.factors[key] ?? {};
    const payload = given[key] ?? undefined;
    if (signIn === undefined || payload === undefined || proven.has(key)) continue;
    const { original } = request;
    if (original?.id === undefined) {
      proven.set(key, await signIn.check(requestContext(key, runtime, request), payload));
    } else {
      const scope = new FactorRequest(key, runtime, request, original as FactorUser);
      proven.set(key, await checkStored(scope, signIn, payload));
    }
  }
  return proven;
}

/** Checks an answer against what is stored of the user whom Parse Server has found. */
export function checkStored<Enrolment extends object>(
  scope: FactorRequest<Enrolment>,
  signIn: SignIn<Enrolment>,
  payload: unknown,
): Promise<ProvenId> {
  const storedId = String(asObject(scope.record)?.['id']);
  return signIn.check(scope.context, payload, scope.findEnrolment()?.enrolment, storedId);
}
