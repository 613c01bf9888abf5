import { FactorError } from '../error/factor-error.js';
import type { ProvenAlone } from '../factor/alone.js';
import type { FactorUser } from '../factor/context.js';
import type { ProvenId } from '../factor/primary-sign-in.js';
import { loginTrace, type ProvenFirst } from '../parse/login-trace.js';
import type { HookRequest } from '../parse/parse-types.js';
import { givenOf } from '../parse/sent-credentials.js';
import { asObject } from '../validation/json-object.js';
import { namesUser } from '../validation/payload.js';
import { requestContext } from './factor-context.js';
import { countByNetwork } from './network-limits.js';
import type { FactorRuntime } from './runtime.js';
import { FactorRequest } from './user-factor.js';

/**
 * Checks everything of a login that signs in alone, once for all its factors, and spends nothing.
 * Before anything else is said, so that nobody learns what a user has, or that there is one.
 *
 * @throws FactorError `code_rejected`, `invalid_input`, `cooldown`; `unavailable` where a stored record does not open
 */
export async function proveFirst(request: HookRequest, runtime: FactorRuntime): Promise<ProvenFirst> {
  const { proven } = loginTrace(request);
  const given = givenOf(request.object).authData;
  assertOneSubject(given, runtime);
  for (const [key, { signIn, inPlaceOf }] of Object.entries(runtime.factors)) {
    const payload = given[key] ?? undefined;
    if (payload === undefined || proven.ids.has(key) || proven.alone.has(key)) continue;
    // Clients of a built-in provider may send an id along; no record of its own has one, so it finds no user.
    if (signIn !== undefined) proven.ids.set(key, await checkId(key, payload, request, runtime));
    else if (namesUser(payload) && inPlaceOf === undefined)
      proven.alone.set(key, await checkAlone(key, payload, request, runtime));
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

/**
 * Checks an answer of a factor that signs in alone, against what is stored of the user whom Parse Server has found.
 *
 * @throws FactorError `code_rejected`, `invalid_input`; `cooldown` for a network with too many wrong answers
 */
export async function checkId(key: string, payload: unknown, request: HookRequest, runtime: FactorRuntime): Promise<ProvenId> {
  const { signIn } = runtime.factors[key] ?? {};
  if (signIn === undefined) throw new FactorError('invalid_input');
  signIn.assertReadable?.(payload);
  const takeBack = await countByNetwork(key, runtime, request);
  const { original } = request;
  const work = (): Promise<ProvenId> => {
    if (original?.id === undefined) return signIn.check(requestContext(key, runtime, request), payload);
    const scope = new FactorRequest<object>(key, runtime, request, original as FactorUser);
    return signIn.check(scope.context, payload, scope.findEnrolment()?.enrolment, String(asObject(scope.record)?.['id']));
  };
  const proven = await unlessRejected(work, takeBack);
  // That fields are right is told when all that the login needs was: until then the count must not tell it either.
  if (signIn.find !== undefined) return { id: proven.id, spend: () => proven.spend().then(takeBack) };
  await takeBack();
  return proven;
}

/**
 * Checks an answer that says who the user is.
 *
 * @throws FactorError `code_rejected`, `invalid_input`; `cooldown` for a network with too many wrong answers
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
  const takeBack = await countByNetwork(key, runtime, request);
  const { original } = request;
  const proven = await unlessRejected(async () => {
    if (original?.id === undefined) throw new FactorError('code_rejected');
    const scope = new FactorRequest(key, runtime, request, original as FactorUser);
    const enrolment = scope.findEnrolment()?.enrolment;
    if (enrolment === undefined) throw new FactorError('code_rejected');
    return alone.check(scope.context, payload, enrolment);
  }, takeBack);
  await takeBack();
  return proven;
}

/** Only a wrong answer stays counted: neither one that cannot be read nor a fault. */
async function unlessRejected<Result>(work: () => Promise<Result>, takeBack: () => Promise<void>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FactorError && error.code === 'code_rejected')) await takeBack();
    throw error;
  }
}
