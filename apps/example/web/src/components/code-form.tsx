import type { Reply } from '@parse-factors/client';
import { useState, type ReactNode } from 'react';
import { useAction } from '../use-action.js';
import { clockOf, useNow } from '../use-now.js';
import { CodeField } from './field.js';
import { Form } from './form.js';
import { Status } from './status.js';

/** The properties of {@link CodeForm}. */
export interface CodeFormProps {
  readonly submit: string;
  /** The reply to the request for the code. Undefined for factors that send nothing. */
  readonly sent?: Reply;
  /** Where the code went. Used when the reply does not say. */
  readonly destination?: string | undefined;
  /** Sends another code. */
  readonly onResend?: () => Promise<Reply>;
  readonly onAnswer: (code: string) => Promise<unknown>;
  readonly onCancel?: (() => void) | undefined;
  /** Shows the user's other sign-in methods. Undefined if there are none. */
  readonly onOther?: (() => void) | undefined;
  readonly children?: ReactNode;
}

/** Asks for a code of six digits. Offers to send another code once the server allows it. */
export function CodeForm({ submit, sent, destination, onResend, onAnswer, onCancel, onOther, children }: CodeFormProps) {
  const action = useAction();
  const [code, setCode] = useState('');
  const [last, setLast] = useState(sent);
  const [times, setTimes] = useState(0);
  const resend = async (): Promise<void> => {
    setLast(await onResend?.());
    setTimes(times + 1);
    setCode('');
  };
  return (
    <Form
      action={action}
      submit={submit}
      onSubmit={() => onAnswer(code)}
      buttons={
        <>
          {onResend !== undefined && (
            <Resend at={last?.resendAt} isBusy={action.isBusy} onResend={() => void action.run(resend)} />
          )}
          {onOther !== undefined && (
            <button type="button" className="plain" onClick={onOther}>
              Try another way
            </button>
          )}
          {onCancel !== undefined && (
            <button type="button" className="plain" onClick={onCancel}>
              Back
            </button>
          )}
        </>
      }
    >
      {onResend !== undefined && (
        <Status version={times} className="sent">
          {last?.status === 'waiting' ? (
            'We sent a code a moment ago. Enter it, or wait until you can send another one.'
          ) : (
            <>
              {times === 0 ? 'We sent a code to ' : 'We sent another code to '}
              <strong>{last?.destination ?? destination ?? 'you'}</strong>.
            </>
          )}
        </Status>
      )}
      {/* The new key creates the field again, so that it takes the focus from the button, which is now disabled. */}
      <CodeField key={times} value={code} onChange={setCode} />
      {children}
    </Form>
  );
}

/** The button counts down the seconds. Its width stays the same. */
function Resend({
  at,
  isBusy,
  onResend,
}: {
  readonly at: string | undefined;
  readonly isBusy: boolean;
  readonly onResend: () => void;
}) {
  const time = at === undefined ? 0 : Date.parse(at);
  const left = time - useNow(time);
  return (
    <button type="button" className="resend" disabled={isBusy || left > 0} onClick={onResend}>
      {left > 0 ? (
        <>
          Send again in <span className="ticking">{clockOf(left)}</span>
        </>
      ) : (
        'Send again'
      )}
    </button>
  );
}
