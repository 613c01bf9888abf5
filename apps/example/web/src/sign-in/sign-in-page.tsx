import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { AddressKind } from '../address.js';
import { ActionButton } from '../parts/action-button.js';
import { FaultNote } from '../parts/fault-note.js';
import { Page } from '../parts/page.js';
import { passkeys, type Login } from '../parse-app.js';
import { useSession } from '../session.js';
import { trustThisDevice } from '../trusted-token.js';
import { useAction } from '../use-action.js';
import { CodeSignIn } from './code-sign-in.js';
import { EnrolmentStep } from './enrolment-step.js';
import { FactorStep } from './factor-step.js';
import { PasswordForm } from './password-form.js';
import { usePasskeyAutofill } from './use-passkey-autofill.js';

type Way = 'password' | AddressKind;
const WAYS: readonly (readonly [Way, string])[] = [
  ['password', 'Password'],
  ['email', 'E-mail'],
  ['phone', 'Phone'],
];

/** Every way in. */
export function SignInPage() {
  const { refresh } = useSession();
  const [, navigate] = useLocation();
  const [way, setWay] = useState<Way>('password');
  const [login, setLogin] = useState<Login>();
  const [username, setUsername] = useState<string>();
  const action = useAction();

  const goOn = async (result: Login, trust = false, name = username): Promise<void> => {
    if (result.status !== 'session') return setLogin(result);
    // The login stands, whether or not the device can be trusted.
    if (trust && name !== undefined) await trustThisDevice(name).catch(() => undefined);
    await refresh();
    navigate('/security');
  };
  const cancel = (): void => setLogin(undefined);
  const isFirst = login === undefined;
  usePasskeyAutofill(
    isFirst && way === 'password' && !action.isBusy,
    (result) => void action.run(() => goOn(result)),
    (fault) => void action.run(() => Promise.reject(fault as Error)),
  );

  if (login?.status === 'factors') {
    return (
      <Page title="One more step">
        <FactorStep key={login.needs.join()} login={login} canTrust={username !== undefined} onResult={goOn} onCancel={cancel} />
      </Page>
    );
  }
  if (login?.status === 'enrolment') {
    return (
      <Page title="Set up a second factor" lead="This account has to have one before you can go on.">
        <EnrolmentStep login={login} onResult={goOn} onCancel={cancel} />
      </Page>
    );
  }
  return (
    <Page title="Sign in">
      <div className="segments" role="group" aria-label="How to sign in">
        {WAYS.map(([each, name]) => (
          <button key={each} type="button" aria-pressed={way === each} onClick={() => setWay(each)}>
            {name}
          </button>
        ))}
      </div>
      {way === 'password' ? (
        <PasswordForm
          onResult={(result, name) => {
            setUsername(name);
            return goOn(result, false, name);
          }}
        />
      ) : (
        <CodeSignIn
          key={way}
          kind={way}
          onResult={(result) => {
            setUsername(undefined);
            return goOn(result);
          }}
        />
      )}
      <hr />
      <ActionButton action={action} work={async () => goOn(await passkeys.logIn())}>
        Sign in with a passkey
      </ActionButton>
      <FaultNote fault={action.fault} />
      <p>
        No account yet? <Link href="/sign-up">Sign up</Link>
      </p>
    </Page>
  );
}
