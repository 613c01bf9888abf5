import type { AccountRequest } from './auth-request.js';
import { StepUp } from './step-up.js';
import { UserFactor } from './user-factor.js';

/** Removes everything that the store holds of a deleted user. */
export async function deleteAccount(at: AccountRequest): Promise<void> {
  const { runtime, request, account } = at;
  for (const key of Object.keys(runtime.factors)) await new UserFactor(key, runtime, request, account).forget();
  await new StepUp(at).endAll();
  await request.server.devices.forget(account.id);
  await runtime.webhook?.forget(account.id, request.server);
}
