import { FaultNote } from '../components/fault-note.js';
import { Page } from '../components/page.js';
import { RecoveryCodes } from '../security/recovery-codes.js';
import { useAction } from '../use-action.js';
import type { NewAccount } from './passkey-sign-up.js';

/** Shows the recovery codes of a new account, before the user goes on. They are the only way back in. */
export function NewRecoveryCodes({ account, onKept }: { readonly account: NewAccount; readonly onKept: () => Promise<void> }) {
  const action = useAction();
  const { username, recoveryCodes } = account;
  return (
    <Page title="Your account is ready" lead="One step is left: save your recovery codes.">
      <RecoveryCodes codes={recoveryCodes} username={username} onKept={() => void action.run(onKept)}>
        <p>
          If you lose your passkey, your name and these codes are the only way back into your account. Store both in a safe place.
          You cannot see the codes again.
        </p>
      </RecoveryCodes>
      <FaultNote fault={action.fault} />
    </Page>
  );
}
