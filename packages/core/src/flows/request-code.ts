import type { AccountState, ServerRequest } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import { subjectOf } from '../crypto/subject.js';
import { FactorError } from '../error/factor-error.js';
import { emittingFaults } from '../events/event-dispatcher.js';
import { assertChecked } from '../factor/checks/request-check.js';
import type { AddressProof, CodeTarget } from '../factor/address-proof.js';
import type { Reply } from '../factor/context.js';
import type { Quota } from '../store/otp-store.js';
import { asObject } from '../validation/json-object.js';
import type { FieldRule } from '../validation/payload.js';
import { networkOf } from '../validation/ip-network.js';
import { chooseWay } from './choose-authenticator.js';
import { factorContext } from './factor-context.js';

/** A call of a Cloud function by a client. */
export interface ClientCall extends ServerRequest {
  readonly runtime: Runtime;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A factor whose codes prove an address, before a user is known. */
export interface ProvingFactor {
  readonly key: string;
  readonly proof: AddressProof<object>;
}

/** The code that a client without a session asks for. */
export interface RequestedCode extends ProvingFactor {
  readonly purpose: 'password-reset' | 'address-verification';
  /** What `name` is, such as `address`. The reply shows only an address. */
  readonly by: string;
  /** What the client has sent: the normalised address, or a user name. */
  readonly name: string;
  /** Finds what the code is bound to; undefined if no user gets one. */
  readonly find: () => Promise<CodeTarget | undefined>;
}

/** Says whose account a code concerns that is bound to no user. */
export const ownedBy = (account: AccountState | undefined): Pick<CodeTarget, 'owner'> =>
  account === undefined ? {} : { owner: { userId: account.id } };

/** An address or a user name, before it is normalised. */
export const SENT_NAME: FieldRule = {
  maxLength: 320,
  pattern: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u,
  accepts: 'a string of 1 to 320 characters',
};

/** The key of a factor. */
export const FACTOR_KEY: FieldRule = { maxLength: 64, pattern: /^[A-Za-z]\w*$/, accepts: 'the key of a factor' };

/** Parse Server's own password policy decides what a password may be. */
export const SENT_PASSWORD: FieldRule = { maxLength: 1024, pattern: /^[^]+$/, accepts: 'a string of 1 to 1024 characters' };

/** Takes the way by which the client wants its code out of a call. @throws FactorError `invalid_input` */
export function withWay<Call extends ClientCall>(call: Call, key: string): Call {
  const { payload, request } = chooseWay(call.runtime.factors[key] ?? {}, call.params, call);
  return { ...request, params: asObject(payload) ?? {} };
}

/** Refusals that have an event already. */
const REPORTED: readonly string[] = ['delivery_failed', 'unavailable'];

/** How many codes one network may ask for. */
const PER_NETWORK: Quota = { limit: 20, windowMs: 10 * 60_000 };

/**
 * Sends a code for a client without a session.
 *
 * The reply is the same for every address and every name, known or not (user enumeration, CWE-204). Only the limits of what was
 * sent and of its network are counted before it. A user is looked for, and a code made, only afterwards: then the limits of the
 * factor apply, which strangers must not use up with addresses of no user.
 *
 * Checks of the request come first: a stranger who fails them must not use up the limit of an address.
 *
 * @throws FactorError `cooldown`, `address_refused`
 */
export async function requestCode(request: ClientCall, requested: RequestedCode): Promise<Reply> {
  const { key, proof, by, name } = requested;
  const context = factorContext(key, request.runtime, request);
  await assertChecked(request.runtime.factors[key]?.requestChecks ?? [], context);
  await countRequest(request, requested);
  context.later(sendCode(request, requested));
  const { status = '', ...times } = proof.reply(context.clock(), request.via);
  return { status, ...(by === 'address' && { destination: proof.mask(name) }), ...times };
}

/** @throws FactorError `cooldown` */
async function countRequest({ runtime, server, client }: ClientCall, requested: RequestedCode): Promise<void> {
  const { key, proof, purpose, by, name } = requested;
  const { keyring } = runtime;
  const bucket = (what: string, value: string): string =>
    subjectOf(`${purpose}-requests`, server.appId, what, keyring.stableDigest(what, value));
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
async function sendCode(request: ClientCall, { key, proof, purpose, find }: RequestedCode): Promise<void> {
  // It must not count against the client's own limits: that would reveal whether the user exists (CWE-204).
  const asked: ServerRequest = { ...request, client: { ...request.client, ip: undefined } };
  const context = { ...factorContext(key, request.runtime, asked), isChecked: true };
  const work = async (): Promise<void> => {
    const code = await find();
    if (code === undefined) return;
    const { deliver } = await proof.issue(context, code);
    await deliver();
  };
  await emittingFaults(context.emit, work).catch((fault: unknown) => {
    const reason = fault instanceof FactorError ? fault.code : 'unavailable';
    if (!REPORTED.includes(reason)) context.emit({ type: 'rejected', purpose, reason, isLogged: false });
  });
}
