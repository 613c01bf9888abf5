import type { Reply } from '@parse-factors/client';
import { useState } from 'react';
import { ActionButton } from '../components/action-button.js';
import { CancelButton } from '../components/cancel-button.js';
import { CodeForm } from '../components/code-form.js';
import { FaultNote } from '../components/fault-note.js';
import { NameField } from '../components/field.js';
import { useAction } from '../use-action.js';
import type { SetUpProps } from './set-up-props.js';

/** Sets up an authenticator app: shows the QR code and the secret, then asks for a code of the app. */
export function SetUpAuthenticator({ factor, port, replaces, onDone, onCancel }: SetUpProps) {
  const action = useAction();
  const [name, setName] = useState('Authenticator app');
  const replacing = replaces !== undefined && { replace: replaces };
  const [begun, setBegun] = useState<Reply>();
  const begin = async (): Promise<void> => setBegun(await port.enrol(factor, replacing || true));
  if (begun === undefined) {
    return (
      <section>
        <p>You need an authenticator app. Many password managers have one. The app works without a network.</p>
        <FaultNote fault={action.fault} />
        <div className="buttons">
          <ActionButton action={action} kind="primary" work={begin}>
            Show the QR code
          </ActionButton>
          <CancelButton onCancel={onCancel} />
        </div>
      </section>
    );
  }
  return (
    <section>
      <p>Scan this QR code with the app.</p>
      <img className="qr" src={begun.qr} alt="QR code for an authenticator app" width="200" height="200" />
      <Secret secret={begun.secret ?? ''} uri={begun.uri ?? ''} />
      <CodeForm
        submit="Confirm"
        onAnswer={async (code) => {
          await port.confirm(factor, { code, name, ...replacing });
          onDone();
        }}
        onCancel={onCancel}
      >
        <p className="hint">Enter the code that the app shows now.</p>
        <NameField value={name} onChange={setName} />
      </CodeForm>
    </section>
  );
}

/** Shows the secret, for an app on this device or without a camera. */
function Secret({ secret, uri }: { readonly secret: string; readonly uri: string }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <details>
      <summary>Cannot scan?</summary>
      <p>
        <a href={uri}>Open an app on this device</a>, or enter this secret in the app:
      </p>
      <p>
        <code className="secret">{secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code>
      </p>
      <button type="button" onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}>
        Copy the secret
      </button>
      <span role="status"> {isCopied && 'Copied.'}</span>
    </details>
  );
}
