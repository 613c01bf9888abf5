import type { AddressKind } from '../address.js';
import { AddressCode } from '../components/address-code.js';
import { client, type Login } from '../parse-app.js';

/** No password: a code goes to an address, which signs in, or up. */
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
      hint="Nobody has to sign up first: whoever proves an address for the first time gets an account."
      onSend={(address) => passwordless.start(key, address)}
      onAnswer={async (address, code) => onResult(await passwordless.finish(key, { ...address, code }))}
    />
  );
}
