import type { AddressKind } from '../address.js';
import { AddressCode } from '../components/address-code.js';
import { client, type Login } from '../parse-app.js';

/** Signs in with a code to an address, without a password. A new address signs up. */
export function CodeSignIn({
  kind,
  onResult,
}: {
  readonly kind: AddressKind;
  readonly onResult: (result: Login) => Promise<void>;
}) {
  const { passwordless } = client;
  const key = kind === 'email' ? 'emailLogin' : 'phoneLogin';
  return (
    <AddressCode
      kind={kind}
      submit="Sign in"
      hint="New here? You do not need to sign up first. Your account is created when you enter the code."
      onSend={(address, by) => passwordless.start(key, { ...address, ...by })}
      onAnswer={async (address, code) => onResult(await passwordless.finish(key, { ...address, code }))}
    />
  );
}
