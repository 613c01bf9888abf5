import type { ProvenAlone } from './alone.js';
import { FactorError } from './factor-error.js';
import { FactorRequest } from './factor-request.js';
import type { FactorRuntime } from './factor-runtime.js';
import type { FactorUser } from './factor.js';
import { givenOf } from './given.js';
import { loginTrace, type ProvenFirst } from './login-trace.js';
import type { HookRequest } from './parse-hooks.js';
import { asObject, namesUser } from './payload.js';
import { requestContext } from './request-context.js';
import type { ProvenId, SignIn } from './sign-in.js';

/**
 * Checks everything of a login that signs in alone, once for all its factors, and spends nothing.
 * Before anything else is said, so that nobody learns what a user has, or that there is one.
 *
 * @throws FactorError `code_rejected`, `invalid_input`; `unavailable` where a stored record does not open
 */
export async function proveFirst(request: HookRequest, runtime: FactorRuntime): Promise<ProvenFirst> {
  const { proven } = loginTrace(request);
  const given = givenOf(request.object).authData;
  assertOneSubject(given, runtime);
  for (const [key, { signIn, inPlaceOf }] of Object.entries(runtime.factors)) {
    const payload = given[key] ?? undefined;
    if (payload === undefined || proven.ids.has(key) || proven.alone.has(key)) continue;
    if (signIn === undefined) {
      // Clients of a built-in provider may send an id along; no record of its own has one, so it finds no user.
      if (namesUser(payload) && inPlaceOf === undefined) proven.alone.set(key, await checkAlone(key, payload, request, runtime));
    } else if (request.original?.id === undefined) {
      proven.ids.set(key, await signIn.check(requestContext(key, runtime, request), payload));
    } else {
      const scope = new FactorRequest(key, runtime, request, request.original as FactorUser);
      proven.ids.set(key, await checkStored(scope, signIn, payload));
    }
  }
  return proven;
}

/**
 * Who is looked for by what he knows is looked for by that alone: beside it, another answer that says who somebody is would
 * be used up or not by whether that was right.
 */
function assertOneSubject(given: Readonly<Record<string, unknown>>, { factors }: FactorRuntime): void {
  const says = Object.keys(factors).filter(
    (key) => (given[key] ?? undefined) !== undefined && (factors[key]?.signIn !== undefined || namesUser(given[key])),
  );
  if (says.length > 1 && says.some((key) => factors[key]?.signIn?.find !== undefined)) {
    throw new FactorError('invalid_input', { sentence: 'Say in one way who is signing in.' });
  }
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

/**
 * Checks an answer that says who the user is.
 *
 * @throws FactorError `code_rejected`, `invalid_input`
 */
export async function checkAlone(
  key: string,
  payload: unknown,
  request: HookRequest,
  runtime: FactorRuntime,
): Promise<ProvenAlone> {
  const { alone } = runtime.factors[key] ?? {};
  if (alone === undefined) throw new FactorError('invalid_input', { sentence: 'Field "id" is not expected.' });
  alone.assertReadable(payload); // whoever it is of
  if (request.original?.id === undefined) throw new FactorError('code_rejected');
  const scope = new FactorRequest(key, runtime, request, request.original as FactorUser);
  const enrolment = scope.findEnrolment()?.enrolment;
  if (enrolment === undefined) throw new FactorError('code_rejected');
  return alone.check(scope.context, payload, enrolment);
}
