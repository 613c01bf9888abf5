import type { FactorsNeeded, Reply } from '@parse-factors/client';
import { useEffect, useRef, useState } from 'react';
import { isDelivered, onlyFactor } from '../factor-names.js';
import { CodeForm } from '../components/code-form.js';
import { FactorChoices } from '../components/factor-choices.js';
import { passkeys, type Login, type Parse } from '../parse-app.js';
import { sendCode } from '../send-code.js';
import { useAction } from '../use-action.js';
import { RecoveryForm } from './recovery-form.js';

/** The properties of {@link FactorStep}. */
export interface FactorStepProps {
  readonly login: FactorsNeeded<Parse.User>;
  /** Whether the user may choose to trust the device. Only a login with a password allows it. */
  readonly canTrust: boolean;
  /** Whether the user chose it at an earlier step. */
  readonly wasTrusted: boolean;
  readonly onResult: (result: Login, trust: boolean) => Promise<void>;
  readonly onCancel: () => void;
}

/** The second step of a login: the user verifies one of their factors. */
export function FactorStep({ login, canTrust, wasTrusted, onResult, onCancel }: FactorStepProps) {
  // The app has already sent the token of a trusted device. The user cannot choose it.
  const keys = login.needs.filter((key) => key !== 'device');
  const [key, setKey] = useState<string>();
  const [sent, setSent] = useState<Reply>();
  const [trust, setTrust] = useState(wasTrusted);
  const action = useAction();
  const choose = async (chosen: string): Promise<void> => {
    if (chosen === 'passkey') return onResult(await passkeys.answer(login), trust);
    setSent(isDelivered(chosen) ? await sendCode(() => login.challenge(chosen)) : undefined);
    setKey(chosen);
  };
  useEffect(() => {
    const only = onlyFactor(keys);
    if (only !== undefined) void action.run(() => choose(only));
  }, [login]);

  if (key === undefined) {
    return <Choice login={login} keys={keys} action={action} onChoose={choose} onCancel={onCancel} />;
  }
  const answer = async (code: string): Promise<void> => onResult(await login.answer(key, code), trust && key !== 'recovery');
  const others = keys.length > 1 ? (): void => setKey(undefined) : undefined;
  if (key === 'recovery') return <RecoveryForm onAnswer={answer} onCancel={others ?? onCancel} />;
  return (
    <CodeForm
      key={key}
      submit="Sign in"
      {...(sent !== undefined && { sent })}
      destination={login.destinations[key]}
      {...(isDelivered(key) && { onResend: () => login.challenge(key) })}
      onAnswer={answer}
      onCancel={onCancel}
      onOther={others}
    >
      {key === 'totp' && <p>Open your authenticator app. Enter the code that it shows for this site.</p>}
      {canTrust && <TrustBox trust={trust} onChange={setTrust} />}
    </CodeForm>
  );
}

function TrustBox({ trust, onChange }: { readonly trust: boolean; readonly onChange: (trust: boolean) => void }) {
  return (
    <label className="check">
      <input type="checkbox" checked={trust} onChange={({ target }) => onChange(target.checked)} />
      Trust this device for 30 days
    </label>
  );
}

interface ChoiceProps extends Pick<FactorStepProps, 'login' | 'onCancel'> {
  readonly keys: readonly string[];
  readonly action: ReturnType<typeof useAction>;
  readonly onChoose: (key: string) => Promise<void>;
}

function Choice({ login, keys, action, onChoose, onCancel }: ChoiceProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section aria-labelledby="choice">
      <h2 id="choice" ref={heading} tabIndex={-1}>
        {login.count > 1 ? `Verify ${login.count} of these` : "Verify it's you"}
      </h2>
      <FactorChoices keys={keys} destinationOf={(key) => login.destinations[key]} action={action} onChoose={onChoose} />
      <button type="button" className="plain" onClick={onCancel}>
        Back
      </button>
    </section>
  );
}
