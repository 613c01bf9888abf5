import type { ParseSdk, SdkUser } from './parse-sdk.js';
import { asFields, type Fields, type Reply } from './wire.js';

const isShown = ([, entry]: readonly [string, unknown]): boolean => typeof asFields(entry)['status'] === 'string';

/** Keeps only the factor statuses of `authData`: no ids, no records and nothing that the client sent. */
export const shownOf = (authData: unknown): Readonly<Record<string, Reply>> =>
  Object.fromEntries(Object.entries(asFields(authData)).filter(isShown)) as Readonly<Record<string, Reply>>;

/** The part of a factor's status that may be stored on the device. Replies of other providers are dropped. */
function toStored({ status, destination }: Reply): Reply | undefined {
  return status === 'enabled' ? { status, ...(destination !== undefined && { destination }) } : undefined;
}

const storedOf = (shown: Readonly<Record<string, Reply>>): Readonly<Record<string, Reply | undefined>> =>
  Object.fromEntries(
    Object.entries(shown)
      .map(([key, reply]) => [key, toStored(reply)] as const)
      .filter(([, reply]) => reply !== undefined),
  );

/** Turns a login's reply into the SDK's user, without the credentials that were sent and without the factors' replies. */
export function hydrate<User extends SdkUser>(sdk: ParseSdk<User>, reply: Fields): Promise<User> {
  // The SDK adds the response itself, for example as `_xhr`. It repeats the whole reply.
  const fields = Object.fromEntries(Object.entries(reply).filter(([name]) => !name.startsWith('_')));
  const shown = storedOf(shownOf(reply['authData']));
  // `undefined` removes the field from the SDK's stored user.
  const kept = Object.keys(shown).length === 0 ? undefined : shown;
  return sdk.User.hydrate({ ...fields, authData: kept, authDataResponse: undefined });
}

/**
 * Updates the factor status on the SDK's user, without storing what was sent.
 * @param reply undefined if the factor was removed
 */
export async function keepStatus<User extends SdkUser>(
  sdk: ParseSdk<User>,
  user: User,
  key: string,
  reply: Reply | undefined,
): Promise<void> {
  const { [key]: before, ...others } = asFields(user.get('authData'));
  const after = reply && (toStored(reply) ?? toStored(asFields(before) as Reply));
  const authData = { ...others, ...(after !== undefined && { [key]: after }) };
  const isEmpty = Object.keys(authData).length === 0;
  user._finishFetch({ authData: isEmpty ? undefined : authData, authDataResponse: undefined });
  if (await user.isCurrentAsync()) await sdk.CoreManager.getUserController().updateUserOnDisk(user);
}
