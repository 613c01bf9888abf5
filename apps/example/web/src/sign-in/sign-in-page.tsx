import { useState } from 'react';
import { useLocation } from 'wouter';
import { Page } from '../components/page.js';
import type { Login } from '../parse-app.js';
import { useSession } from '../session.js';
import { trustThisDevice } from '../trusted-token.js';
import { EnrolmentStep } from './enrolment-step.js';
import { FactorStep } from './factor-step.js';
import { FirstStep } from './first-step.js';

/** A login that is not complete yet. */
interface Begun {
  readonly login: Login;
  /** The user name, if the user signed in with a password. Only then can they trust this device. */
  readonly username?: string | undefined;
  /** Whether to trust this device once the login is complete. */
  readonly trust?: boolean;
}

/** Signs the user in, step by step, in every way that the server offers. */
export function SignInPage() {
  const { refresh } = useSession();
  const [, navigate] = useLocation();
  const [begun, setBegun] = useState<Begun>();
  const goOn = async (next: Begun): Promise<void> => {
    const { login, username, trust = false } = next;
    if (login.status !== 'session') return setBegun(next);
    // If the server cannot trust the device, the login is still valid.
    if (trust && username !== undefined) await trustThisDevice(username).catch(() => undefined);
    await refresh();
    navigate('/security');
  };
  const cancel = (): void => setBegun(undefined);

  if (begun?.login.status === 'factors') {
    const { login, username, trust = false } = begun;
    return (
      <Page title="One more step">
        <FactorStep
          key={login.needs.join()}
          login={login}
          canTrust={username !== undefined}
          wasTrusted={trust}
          onResult={(result, isTrusted) => goOn({ login: result, username, trust: isTrusted })}
          onCancel={cancel}
        />
      </Page>
    );
  }
  if (begun?.login.status === 'enrolment') {
    const { login, username } = begun;
    return (
      <Page title="Set up a second factor" lead="Your account needs a second factor before you can continue.">
        <EnrolmentStep login={login} onResult={(result) => goOn({ login: result, username })} onCancel={cancel} />
      </Page>
    );
  }
  return (
    <Page title="Sign in">
      <FirstStep onResult={(login, username) => goOn({ login, username })} />
    </Page>
  );
}
