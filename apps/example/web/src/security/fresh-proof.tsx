import { FactorClientError, type Reply } from '@parse-factors/client';
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { Cancelled } from '../error-messages.js';
import { CODE_SIGN_INS, isDelivered, onlyFactor, SECOND_FACTORS } from '../factor-names.js';
import { CodeForm } from '../components/code-form.js';
import { FactorChoices } from '../components/factor-choices.js';
import { client, passkeys } from '../parse-app.js';
import { sendCode } from '../send-code.js';
import type { Account } from '../session.js';
import { useAction } from '../use-action.js';

/**
 * Runs a request that may need a fresh proof (step-up authentication, RFC 9470). If the server requires one, asks the
 * user for it and then runs the request again.
 *
 * @throws Cancelled when the user closes the dialogue
 */
export type Guarded = <Result>(work: () => Promise<Result>) => Promise<Result>;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (fault: Cancelled) => void;
}

/** @returns the function that runs such requests, and the dialogue for the page to show */
export function useFreshProof(account: Account): { readonly guarded: Guarded; readonly dialogue: ReactNode } {
  const [waiting, setWaiting] = useState<Waiting>();
  const ask = (): Promise<void> => {
    waiting?.reject(new Cancelled());
    return new Promise((resolve, reject) => setWaiting({ resolve, reject }));
  };
  const guarded: Guarded = async (work) => {
    try {
      return await work();
    } catch (fault) {
      if (!(fault instanceof FactorClientError) || fault.slug !== 'fresh_proof_required') throw fault;
    }
    await ask();
    return work();
  };
  const close = (): void => setWaiting(undefined);
  const dialogue = waiting && (
    <Dialogue
      account={account}
      onProven={() => {
        close();
        waiting.resolve();
      }}
      onCancel={() => {
        close();
        waiting.reject(new Cancelled());
      }}
    />
  );
  return { guarded, dialogue };
}

interface DialogueProps {
  readonly account: Account;
  readonly onProven: () => void;
  readonly onCancel: () => void;
}

function Dialogue(props: DialogueProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    // A dialogue that is closed before React removes it gives the focus back.
    return () => current?.close();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="proof" onCancel={props.onCancel}>
      <h2 id="proof">Verify it's you</h2>
      <p>You are changing how you sign in. Verify one of your sign-in methods first.</p>
      <Proof {...props} />
    </dialog>
  );
}

/** The factors that the user can verify. Primary factors count only if the user has no second factor. */
function proofsOf({ factors }: Account): string[] {
  const second = SECOND_FACTORS.filter((key) => key in factors);
  return second.length > 0 ? second : CODE_SIGN_INS.filter((key) => key in factors);
}

function Proof({ account, onProven, onCancel }: DialogueProps) {
  const action = useAction();
  const [key, setKey] = useState<string>();
  const [sent, setSent] = useState<Reply>();
  const choose = async (chosen: string): Promise<void> => {
    if (chosen === 'passkey') {
      await passkeys.freshen();
      return onProven();
    }
    setSent(isDelivered(chosen) ? await sendCode(() => client.challenge(chosen)) : undefined);
    setKey(chosen);
  };
  const keys = proofsOf(account);
  useEffect(() => {
    const only = onlyFactor(keys);
    if (only !== undefined) void action.run(() => choose(only));
  }, []);
  if (key !== undefined) {
    return (
      <CodeForm
        submit="Confirm"
        {...(sent !== undefined && { sent })}
        destination={account.factors[key]?.destination}
        {...(isDelivered(key) && { onResend: () => client.challenge(key) })}
        onAnswer={async (code) => {
          await client.freshen(key, code);
          onProven();
        }}
        onCancel={onCancel}
        onOther={keys.length > 1 ? (): void => setKey(undefined) : undefined}
      />
    );
  }
  return (
    <>
      <FactorChoices keys={keys} destinationOf={(key) => account.factors[key]?.destination} action={action} onChoose={choose} />
      <button type="button" className="plain" onClick={onCancel}>
        Cancel
      </button>
    </>
  );
}
