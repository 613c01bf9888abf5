import type { Reply, SentBy } from '@parse-factors/client';
import { useState, type ReactNode } from 'react';
import { otherWays, wayOf, wordsOf } from '../code-ways.js';
import type { Action } from '../use-action.js';
import { clockOf, useNow } from '../use-now.js';
import { Status } from './status.js';

/** Requests another code: by the same way, or by one of the ways that the reply lists. */
export type Resend = (by: SentBy) => Promise<Reply>;

/** A code that was requested, and how often. */
export interface CodeRequest {
  /** The reply to the last request. Undefined for factors that send nothing. */
  readonly last: Reply | undefined;
  /** How many further codes the user has requested. */
  readonly times: number;
  readonly again: (by: SentBy) => Promise<void>;
}

/**
 * Keeps what the server replies to each request for a code.
 *
 * @param sent the reply to the first request
 * @param onResend sends another code
 * @param onSent called after each further code
 */
export function useCodeRequest(sent: Reply | undefined, onResend: Resend | undefined, onSent: () => void): CodeRequest {
  const [last, setLast] = useState(sent);
  const [times, setTimes] = useState(0);
  const again = async (by: SentBy): Promise<void> => {
    setLast(await onResend?.(by));
    setTimes(times + 1);
    onSent();
  };
  return { last, times, again };
}

/** Says where the code went, and by which way. */
export function SentNote({
  request: { last = {}, times },
  destination,
}: {
  readonly request: CodeRequest;
  readonly destination: string | undefined;
}) {
  const [before, after] = wordsOf(last)[times === 0 ? 'sent' : 'sentAgain'];
  return (
    <Status version={times} className="sent">
      {last.status === 'waiting' && 'We sent a code a moment ago. Enter it, or wait until you can send another one.'}
      {last.status === 'failed' && 'The message could not be sent. Try again, or choose another way.'}
      {last.status !== 'waiting' && last.status !== 'failed' && (
        <>
          {before}
          <strong>{last.destination ?? destination ?? 'you'}</strong>
          {after}
        </>
      )}
    </Status>
  );
}

/** Buttons that request another code. All of them wait for the same moment, as all ways share the server's limits. */
export function ResendButtons({
  request: { last = {}, again },
  action,
}: {
  readonly request: CodeRequest;
  readonly action: Action;
}) {
  const time = last.resendAt === undefined ? 0 : Date.parse(last.resendAt);
  const left = time - useNow(time);
  const button = (by: SentBy, className: string, text: ReactNode): ReactNode => (
    <button
      key={by.via ?? ''}
      type="button"
      className={className}
      disabled={action.isBusy || left > 0}
      onClick={() => void action.run(() => again(by))}
    >
      {text}
    </button>
  );
  const own = wordsOf(last).again;
  return (
    <>
      {/* This button counts down the seconds. Its width stays the same. */}
      {button(
        wayOf(last),
        'resend',
        left > 0 ? (
          <>
            {own} in <span className="ticking">{clockOf(left)}</span>
          </>
        ) : (
          own
        ),
      )}
      {otherWays(last).map((by) => button(by, '', wordsOf(by).ask))}
    </>
  );
}
