import type { EnrolmentNeeded } from '@parse-factors/client';
import { useState } from 'react';
import { CancelButton } from '../components/cancel-button.js';
import { factorName } from '../factor-names.js';
import { passkeys, type Login, type Parse } from '../parse-app.js';
import { SetUp } from '../security/set-up.js';
import type { SetUpPort } from '../security/set-up-port.js';

/** The server requires a second factor that the user does not have. They set one up to complete the login. */
export function EnrolmentStep({
  login,
  onResult,
  onCancel,
}: {
  readonly login: EnrolmentNeeded<Parse.User>;
  readonly onResult: (result: Login) => Promise<void>;
  readonly onCancel: () => void;
}) {
  const [key, setKey] = useState<string>();
  const port: SetUpPort = {
    enrol: login.enrol,
    confirm: async (factor, answer) => onResult(await login.confirm(factor, answer)),
    register: async (name) => onResult(await passkeys.enrol(login, name)),
  };
  if (key !== undefined) {
    return <SetUp factor={key} port={port} onDone={() => undefined} onCancel={() => setKey(undefined)} />;
  }
  return (
    <section aria-label="Choose a second factor">
      <div className="choices">
        {login.needs.map((each) => (
          <button key={each} type="button" onClick={() => setKey(each)}>
            {factorName(each).name}
          </button>
        ))}
      </div>
      <CancelButton onCancel={onCancel} />
    </section>
  );
}
