import type { Reply, SignInAddress } from '@parse-factors/client';
import { useState } from 'react';
import { ActionButton } from '../components/action-button.js';
import { AddressCode } from '../components/address-code.js';
import { CancelButton } from '../components/cancel-button.js';
import { CodeForm } from '../components/code-form.js';
import { FaultNote } from '../components/fault-note.js';
import { Row } from '../components/row.js';
import { changeEmail, client } from '../parse-app.js';
import { sendCode } from '../send-code.js';
import type { Account } from '../session.js';
import { useAction } from '../use-action.js';
import { useReturnFocus } from '../use-return-focus.js';
import type { RowProps } from './factor-row.js';

/** Shows the email address of the account, and lets the user change it and verify it with a code. */
export function EmailRow({
  account: { email, isEmailVerified },
  guarded,
  onChange,
}: Pick<RowProps, 'guarded' | 'onChange'> & { readonly account: Account }) {
  const action = useAction();
  const [isOpen, setOpen] = useState(false);
  const [sent, setSent] = useState<Reply>();
  const opener = useReturnFocus(isOpen);
  const start = (): Promise<Reply> => client.addressVerification.start({}, 'emailLogin');
  const change = async (address: SignInAddress): Promise<Reply> => {
    if ('email' in address && address.email !== email) await guarded(() => changeEmail(address.email));
    return start();
  };
  const verify = async (code: string): Promise<void> => {
    await client.addressVerification.finish({ code });
    close();
    void action.run(() => onChange('Email address verified.'));
  };
  const close = (): void => {
    setOpen(false);
    setSent(undefined);
  };
  const cancel = (): void => {
    close();
    void action.run(() => onChange('')); // the address may have been changed
  };
  const state = email === undefined ? 'None' : `${email}, ${isEmailVerified ? 'verified' : 'not verified'}`;
  const verb = email === undefined ? 'Add' : 'Change';
  return (
    <Row name="Email address" state={state} isOn={isEmailVerified}>
      {isOpen && (
        <AddressCode
          kind="email"
          submit="Verify"
          autoFocus
          onSend={change}
          onAnswer={(_address, code) => verify(code)}
          buttons={<CancelButton onCancel={cancel} />}
        />
      )}
      {sent !== undefined && (
        <CodeForm submit="Verify" sent={sent} destination={email} onResend={start} onAnswer={verify} onCancel={cancel} />
      )}
      {!isOpen && sent === undefined && (
        <>
          <div className="buttons own">
            <button ref={opener} type="button" aria-label={`${verb}: Email address`} onClick={() => setOpen(true)}>
              {verb}
            </button>
            {email !== undefined && !isEmailVerified && (
              <ActionButton action={action} work={async () => setSent(await sendCode(start))} label="Verify: Email address">
                Verify
              </ActionButton>
            )}
          </div>
          <FaultNote fault={action.fault} />
        </>
      )}
    </Row>
  );
}
