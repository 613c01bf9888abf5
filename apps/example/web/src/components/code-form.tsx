import type { Reply } from '@parse-factors/client';
import { useState, type ReactNode } from 'react';
import { useAction } from '../use-action.js';
import { clockOf, useNow } from '../use-now.js';
import { CodeField } from './field.js';
import { Form } from './form.js';
import { Status } from './status.js';

/** What a {@link CodeForm} is made of. */
export interface CodeFormProps {
  readonly submit: string;
  /** What was replied when the code was sent; none where nothing is sent. */
  readonly sent?: Reply;
  /** Where it went, if the reply does not say. */
  readonly destination?: string | undefined;
  /** Sends another one. */
  readonly onResend?: () => Promise<Reply>;
  readonly onAnswer: (code: string) => Promise<unknown>;
  readonly onCancel?: (() => void) | undefined;
  readonly children?: ReactNode;
}

/** Asks for a code of six digits, and sends another one when that may be done. */
export function CodeForm({ submit, sent, destination, onResend, onAnswer, onCancel, children }: CodeFormProps) {
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
            'A code was sent a moment ago. Type it in, or send another one when you can.'
          ) : (
            <>
              {times === 0 ? 'A code is on its way to ' : 'Another code is on its way to '}
              <strong>{last?.destination ?? destination ?? 'you'}</strong>.
            </>
          )}
        </Status>
      )}
      {/* Drawn anew, it takes the focus from the button that now waits. */}
      <CodeField key={times} value={code} onChange={setCode} />
      {children}
    </Form>
  );
}

/** Its words change with the seconds, its size does not. */
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
