import type { ServerRequest } from '../../account/ports.js';
import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import { emittingFaults } from '../../events/event-dispatcher.js';
import type { Reply } from '../../factor/context.js';
import type { Quota } from '../../store/otp-store.js';
import { networkOf } from '../../validation/ip-network.js';
import { factorContext } from '../factor-context.js';
import { findResetTarget, type NamedUser, readNamedUser, resetFactor, type ResetRequest } from './reset-target.js';

/** Refusals that have an event already. */
const REPORTED: readonly string[] = ['delivery_failed', 'unavailable'];

/** How many codes one network may ask for. */
const PER_NETWORK: Quota = { limit: 20, windowMs: 10 * 60_000 };

/**
 * Sends a code for a new password: `{ factor, email }`, `{ factor, phone }` or `{ factor, username }`.
 *
 * The reply is the same for every address and every name, known or not (user enumeration, CWE-204). Only the limits of what was
 * sent and of its network are counted before it. A user is looked for, and a code made, only afterwards: then the limits of the
 * factor apply, which strangers must not use up with addresses of no user.
 *
 * @throws FactorError `invalid_input`, `address_refused`, `cooldown`
 */
export async function requestPasswordReset(request: ResetRequest): Promise<Reply> {
  const { proof } = resetFactor(request);
  if (Object.keys(request.params).length !== 2) {
    throw new FactorError('invalid_input', { sentence: `Expected an object with exactly these fields: factor, ${proof.field}.` });
  }
  const named = readNamedUser(request);
  await countRequest(request, named);
  const context = factorContext(named.key, request.runtime, request);
  context.later(sendCode(request, named));
  const { status = '', ...times } = proof.reply(context.clock());
  return { status, ...(named.by === 'address' && { destination: proof.mask(named.name) }), ...times };
}

/** @throws FactorError `cooldown` */
async function countRequest({ runtime, server, client }: ResetRequest, { key, proof, by, name }: NamedUser): Promise<void> {
  const { keyring } = runtime;
  const bucket = (what: string, value: string): string =>
    subjectOf('password-reset-requests', server.appId, what, keyring.stableDigest(what, value));
  const limits: (readonly [string, Quota])[] = [
    [bucket(`${key} ${by}`, name), { limit: 1, windowMs: Math.max(proof.cooldownMs, 1000) }],
  ];
  if (client.ip !== undefined) limits.unshift([bucket('ip', networkOf(client.ip)), PER_NETWORK]);
  for (const [counted, quota] of limits) {
    const count = await server.store.count(counted, quota);
    if (!count.allowed) throw new FactorError('cooldown', { retryAt: count.retryAt });
  }
}

/** Makes and sends the code, if a user is found. Refusals and faults are events; the client learns of none. */
async function sendCode(request: ResetRequest, named: NamedUser): Promise<void> {
  // It must not count against the client's own limits: that would reveal whether the user exists (CWE-204).
  const asked: ServerRequest = { ...request, client: { ...request.client, ip: undefined } };
  const context = factorContext(named.key, request.runtime, asked);
  const work = async (): Promise<void> => {
    const { code, account } = await findResetTarget(request, named);
    if (account === undefined) return;
    const { deliver } = await named.proof.issue(context, code);
    await deliver();
  };
  await emittingFaults(context.emit, work).catch((fault: unknown) => {
    const reason = fault instanceof FactorError ? fault.code : 'unavailable';
    if (!REPORTED.includes(reason)) context.emit({ type: 'rejected', purpose: 'password-reset', reason, isLogged: false });
  });
}
