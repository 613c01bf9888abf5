import type { Reply, SentBy, SignInAddress } from '@parse-factors/client';
import { useState, type ReactNode } from 'react';
import { ADDRESS_FIELDS, toAddress, type AddressKind } from '../address.js';
import { sendCode } from '../send-code.js';
import { useAction } from '../use-action.js';
import { CodeForm } from './code-form.js';
import { Field } from './field.js';
import { Form } from './form.js';

/** The properties of {@link AddressCode}. */
export interface AddressCodeProps {
  readonly kind: AddressKind;
  /** The text of the button that sends the code back. */
  readonly submit: string;
  readonly hint?: ReactNode;
  readonly autoFocus?: boolean;
  /** @param by the way by which to send it, if the user has chosen one */
  readonly onSend: (address: SignInAddress, by: SentBy) => Promise<Reply>;
  /** @param id the normalised address, if the server has replied with it */
  readonly onAnswer: (address: SignInAddress, code: string, id: string | undefined) => Promise<unknown>;
  /** More buttons, beside "Send a code". */
  readonly buttons?: ReactNode;
  /** A field below the code. */
  readonly naming?: ReactNode;
}

/** Asks for an address, sends a code to it, and asks for that code. */
export function AddressCode({ kind, submit, hint, autoFocus = false, onSend, onAnswer, buttons, naming }: AddressCodeProps) {
  const action = useAction();
  const [text, setText] = useState('');
  const [sent, setSent] = useState<Reply>();
  const address = toAddress(kind, text);
  const send = (by: SentBy = {}): Promise<Reply> => onSend(address, by);
  if (sent !== undefined) {
    return (
      <CodeForm
        submit={submit}
        sent={sent}
        destination={text}
        onResend={send}
        onAnswer={(code) => onAnswer(address, code, sent.id)}
        onCancel={() => setSent(undefined)}
      >
        {naming}
      </CodeForm>
    );
  }
  return (
    <Form action={action} submit="Send a code" onSubmit={async () => setSent(await sendCode(send))} buttons={buttons}>
      <Field {...ADDRESS_FIELDS[kind]} hint={hint} autoFocus={autoFocus} value={text} onChange={setText} />
    </Form>
  );
}
