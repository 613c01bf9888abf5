import type { ParseSdk, SdkUser } from './parse-sdk.js';
import { asFields, type Fields, type Reply } from './wire.js';

const isShown = ([, entry]: readonly [string, unknown]): boolean => typeof asFields(entry)['status'] === 'string';

/** What the server shows of the factors of a user: statuses, and neither ids nor records nor what was sent. */
export const shownOf = (authData: unknown): Readonly<Record<string, Reply>> =>
  Object.fromEntries(Object.entries(asFields(authData)).filter(isShown)) as Readonly<Record<string, Reply>>;

/** What of a factor's status may stand in a storage; nothing of what other providers reply. */
function toStored({ status, destination }: Reply): Reply | undefined {
  return status === 'enabled' ? { status, ...(destination !== undefined && { destination }) } : undefined;
}

const storedOf = (shown: Readonly<Record<string, Reply>>): Readonly<Record<string, Reply | undefined>> =>
  Object.fromEntries(
    Object.entries(shown)
      .map(([key, reply]) => [key, toStored(reply)] as const)
      .filter(([, reply]) => reply !== undefined),
  );

/** The user of a login's reply, as the SDK keeps him: without what was answered, and what was replied to it. */
export function hydrate<User extends SdkUser>(sdk: ParseSdk<User>, reply: Fields): Promise<User> {
  // The SDK adds the response itself, as `_xhr` for one, where all that was replied stands again.
  const fields = Object.fromEntries(Object.entries(reply).filter(([name]) => !name.startsWith('_')));
  const shown = storedOf(shownOf(reply['authData']));
  // What is undefined is taken out of what the SDK has of this user.
  const kept = Object.keys(shown).length === 0 ? undefined : shown;
  return sdk.User.hydrate({ ...fields, authData: kept, authDataResponse: undefined });
}

/**
 * Has the SDK's user show of a factor what the server shows of it, and nothing that was sent.
 *
 * @param reply undefined where the factor is gone
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
