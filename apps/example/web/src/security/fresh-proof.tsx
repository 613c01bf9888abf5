import { authenticatorsIn, FactorClientError, waysIn, type Reply, type SentBy } from '@parse-factors/client';
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { Cancelled } from '../error-messages.js';
import { CODE_SIGN_INS, isDelivered, onlyChoice, SECOND_FACTORS } from '../factor-names.js';
import { CodeForm } from '../components/code-form.js';
import { choicesOf, FactorChoices, payloadOf, type FactorChoice } from '../components/factor-choices.js';
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

const needsProof = (fault: unknown): boolean => fault instanceof FactorClientError && fault.slug === 'fresh_proof_required';

/** If a passkey is the only way to sign in, the server accepts no other proof. It does not say so before. */
const PASSKEY_NEEDED = "You sign in with your passkey alone, so only your passkey verifies that it's you. Try again with it.";

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
      if (!needsProof(fault)) throw fault;
    }
    await ask();
    try {
      return await work();
    } catch (fault) {
      throw needsProof(fault) && 'passkey' in account.factors ? new Error(PASSKEY_NEEDED) : fault;
    }
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
function proofsOf({ factors }: Account): readonly FactorChoice[] {
  const second = SECOND_FACTORS.filter((key) => key in factors);
  const keys = second.length > 0 ? second : CODE_SIGN_INS.filter((key) => key in factors);
  return keys.flatMap((key) => {
    const several = authenticatorsIn(factors[key] ?? {}).flatMap(({ id, destination }) =>
      destination === undefined ? [] : [{ id, destination }],
    );
    return choicesOf(key, factors[key]?.destination, several);
  });
}

function Proof({ account, onProven, onCancel }: DialogueProps) {
  const action = useAction();
  const [chosen, setChosen] = useState<FactorChoice>();
  const [sent, setSent] = useState<Reply>();
  const challenge = (choice: FactorChoice, by: SentBy = {}): Promise<Reply> =>
    client.challenge(choice.key, payloadOf(choice, by));
  const choose = async (choice: FactorChoice): Promise<void> => {
    if (choice.key === 'passkey') {
      await passkeys.freshen();
      return onProven();
    }
    setSent(isDelivered(choice.key) ? await sendCode(() => challenge(choice), waysIn(account.factors[choice.key])) : undefined);
    setChosen(choice);
  };
  const choices = proofsOf(account);
  useEffect(() => {
    const only = onlyChoice(choices);
    if (only !== undefined) void action.run(() => choose(only));
  }, []);
  if (chosen !== undefined) {
    const { key, destination } = chosen;
    return (
      <CodeForm
        submit="Confirm"
        {...(sent !== undefined && { sent })}
        destination={destination}
        {...(isDelivered(key) && { onResend: (by: SentBy) => challenge(chosen, by) })}
        onAnswer={async (code) => {
          await client.freshen(key, code);
          onProven();
        }}
        onCancel={onCancel}
        onOther={choices.length > 1 ? (): void => setChosen(undefined) : undefined}
      />
    );
  }
  return (
    <>
      <FactorChoices choices={choices} action={action} onChoose={choose} />
      <button type="button" className="plain" onClick={onCancel}>
        Cancel
      </button>
    </>
  );
}
