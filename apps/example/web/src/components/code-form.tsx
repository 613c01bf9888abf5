import type { Reply } from '@parse-factors/client';
import { useState, type ReactNode } from 'react';
import { useAction } from '../use-action.js';
import { ResendButtons, SentNote, useCodeRequest, type Resend } from './code-request.js';
import { CodeField } from './field.js';
import { Form } from './form.js';

/** The properties of {@link CodeForm}. */
export interface CodeFormProps {
  readonly submit: string;
  /** The reply to the request for the code. Undefined for factors that send nothing. */
  readonly sent?: Reply;
  /** Where the code went. Used when the reply does not say. */
  readonly destination?: string | undefined;
  /** Sends another code. Undefined for factors that send nothing. */
  readonly onResend?: Resend;
  readonly onAnswer: (code: string) => Promise<unknown>;
  readonly onCancel?: (() => void) | undefined;
  /** Shows the user's other sign-in methods. Undefined if there are none. */
  readonly onOther?: (() => void) | undefined;
  readonly children?: ReactNode;
}

/** Asks for a code of six digits. Offers to send another code once the server allows it, by each way that the server offers. */
export function CodeForm({ submit, sent, destination, onResend, onAnswer, onCancel, onOther, children }: CodeFormProps) {
  const action = useAction();
  const [code, setCode] = useState('');
  const request = useCodeRequest(sent, onResend, () => setCode(''));
  return (
    <Form
      action={action}
      submit={submit}
      onSubmit={() => onAnswer(code)}
      buttons={
        <>
          {onResend !== undefined && <ResendButtons request={request} action={action} />}
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
      {onResend !== undefined && <SentNote request={request} destination={destination} />}
      {/* The new key creates the field again, so that it takes the focus from the button, which is now disabled. */}
      <CodeField key={request.times} value={code} onChange={setCode} />
      {children}
    </Form>
  );
}
