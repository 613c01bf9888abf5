import { emitter } from '../../events/event-dispatcher.js';
import { requestVerification } from '../../flows/address-verification/request-verification.js';
import type { VerificationCall } from '../../flows/address-verification/verified-address.js';
import { verifyAddress } from '../../flows/address-verification/verify-address.js';
import { challengedKeys, requestChallenge } from '../../flows/request-challenge.js';
import { recoverAccount } from '../../flows/recovery/recover-account.js';
import { requestPasswordReset } from '../../flows/password-reset/request-reset.js';
import { resetPassword } from '../../flows/password-reset/reset-password.js';
import { signsUpAlone } from '../../factor/primary-sign-in.js';
import { asObject } from '../../validation/json-object.js';
import type { Bridge } from '../bridge.js';
import { withParseErrors } from '../parse-errors.js';
import { bridged } from '../server/server.js';
import { RequestWrites } from '../writes/request-writes.js';
import type { AdminRequest } from './admin-request.js';
import { sessionOf } from './cloud-request.js';

type ClientReply = Readonly<Record<string, unknown>>;

/** A Cloud function that clients call. */
export type ClientFunction = (request: AdminRequest) => Promise<ClientReply>;

/**
 * Returns the Cloud functions that `install` registers for clients, by name: those for a new password by a code, if
 * `passwordReset` names a factor, those that verify an address, if `addressVerification` names a field, and the one that lets
 * users back in who have signed up with a factor alone and lost it.
 */
export function clientFunctions(bridge: Bridge): Readonly<Record<string, ClientFunction>> {
  const { runtime } = bridge;
  const handle = handler(bridge);
  return {
    ...(runtime.passwordReset.length > 0 && {
      factorsRequestPasswordReset: handle(requestPasswordReset),
      factorsResetPassword: handle(resetPassword),
    }),
    ...(Object.keys(runtime.addressVerification).length > 0 && {
      factorsRequestVerification: handle(requestVerification),
      factorsVerifyAddress: handle(verifyAddress),
    }),
    ...(Object.values(runtime.factors).some((factor) => signsUpAlone(factor) !== undefined) && {
      factorsRecover: handle(recoverAccount),
    }),
  };
}

/**
 * Returns the Cloud function by which clients get a challenge that they solve before a message, by name, if a factor asks for
 * one.
 */
export const challengeFunctions = (bridge: Bridge): Readonly<Record<string, ClientFunction>> =>
  challengedKeys(bridge.runtime).length > 0 ? { factorsProofOfWork: handler(bridge)(requestChallenge) } : {};

const handler =
  (bridge: Bridge) =>
  (work: (call: VerificationCall) => Promise<ClientReply>): ClientFunction =>
  (request) => {
    const { runtime } = bridge;
    RequestWrites.watch(request.config);
    const asked = bridged(bridge, request);
    const session = sessionOf(request);
    const params = takeParams(request);
    return withParseErrors(emitter('', runtime, asked, session?.userId), async () => {
      asked.server.assertNoTransaction();
      return work({ ...asked, runtime, session, params });
    });
  };

/**
 * Copies the parameters of a request, and empties them in place: Parse Server logs them after the function, with the code, the
 * answers and parts of the password (CWE-532).
 */
function takeParams({ params }: AdminRequest): Readonly<Record<string, unknown>> {
  const taken = { ...asObject(params) };
  for (const name of Object.keys(taken)) Reflect.deleteProperty(Object(params), name);
  return taken;
}
