import { authenticatorsIn, type Reply } from '@parse-factors/client';
import { useEffect, useRef, useState } from 'react';
import { CODE_SIGN_INS, SECOND_FACTORS } from '../factor-names.js';
import { Page } from '../components/page.js';
import { Row } from '../components/row.js';
import { useSession, type Account } from '../session.js';
import type { ShownAuthenticator } from './authenticator-list.js';
import { DeviceList, type ShownDevice } from './device-list.js';
import { EmailRow } from './email-row.js';
import { OwnEvents } from './event-list.js';
import { FactorRow, type RowProps } from './factor-row.js';
import { useFreshProof } from './fresh-proof.js';
import { RecoveryRow } from './recovery-row.js';
import { SessionList } from './session-list.js';

/** A list that the server sends as JSON in a string. */
const listOf = (reply: Reply | undefined, name: string): unknown => JSON.parse(reply?.[name] ?? '[]');

function stateOf(reply: Reply | undefined): string | undefined {
  const count = authenticatorsIn(reply ?? {}).length;
  if (count > 1) return `On, ${count} set up`;
  return reply && (reply.destination === undefined ? 'On' : `On, ${reply.destination}`);
}

/** Shows how the user signs in, and lets them change it. */
export function SecurityPage({ account }: { readonly account: Account }) {
  const { refresh } = useSession();
  const { guarded, dialogue } = useFreshProof(account);
  const [done, setDone] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The element that had the focus may be gone, such as the button of a removed factor.
    if (done !== '' && document.activeElement === document.body) heading.current?.focus();
  }, [account, done]);
  const { factors } = account;
  const onChange = async (text: string): Promise<void> => {
    await refresh();
    setDone(text);
  };
  const row = (factor: string): RowProps => ({ factor, guarded, onChange });
  return (
    <Page title="Security" lead={<>You are signed in as {account.name}.</>}>
      <p role="status" className="done">
        {done}
      </p>
      <section aria-labelledby="second">
        <h2 id="second" ref={heading} tabIndex={-1}>
          Second factors
        </h2>
        <SecondFactors factors={factors} row={row} />
      </section>
      <section aria-labelledby="first">
        <h2 id="first">Sign in without a password</h2>
        <p>You can also do this with a passkey.</p>
        <ul className="rows">
          {CODE_SIGN_INS.map((key) => (
            <FactorRow key={key} {...row(key)} state={stateOf(factors[key])} />
          ))}
        </ul>
      </section>
      <section aria-labelledby="sessions">
        <h2 id="sessions">Where you are signed in</h2>
        <SessionList version={account} onChange={onChange} />
      </section>
      <section aria-labelledby="account">
        <h2 id="account">Your account</h2>
        <ul className="rows">
          <EmailRow account={account} guarded={guarded} onChange={onChange} />
        </ul>
      </section>
      <section aria-labelledby="events">
        <h2 id="events">Recent events</h2>
        <OwnEvents version={account} />
      </section>
      {dialogue}
    </Page>
  );
}

function SecondFactors({ factors, row }: Pick<Account, 'factors'> & { readonly row: (factor: string) => RowProps }) {
  const passkeys = listOf(factors['passkey'], 'passkeys') as readonly ShownAuthenticator[];
  const devices = listOf(factors['device'], 'devices') as readonly ShownDevice[];
  const hasOne = SECOND_FACTORS.some((key) => key in factors);
  const { onChange } = row('passkey');
  return (
    <>
      <p>
        {hasOne
          ? 'If you sign in with a password, you verify one of these after it.'
          : 'Your account has no second factor. Add one, so that a stolen password is not enough to sign in.'}
      </p>
      <ul className="rows">
        <FactorRow
          {...row('passkey')}
          list={passkeys}
          state={passkeys.length === 0 ? undefined : countOf(passkeys.length, 'passkey')}
        />
        {SECOND_FACTORS.filter((key) => key !== 'passkey').map((key) => (
          <FactorRow key={key} {...row(key)} list={authenticatorsIn(factors[key] ?? {})} state={stateOf(factors[key])} />
        ))}
        <RecoveryRow {...row('recovery')} remaining={factors['recovery']?.['remaining']} mayHave={hasOne} />
        <Row
          name="Trusted devices"
          state={devices.length === 0 ? 'None' : countOf(devices.length, 'device')}
          isOn={devices.length > 0}
        >
          {devices.length > 0 && <DeviceList list={devices} onChange={onChange} />}
        </Row>
      </ul>
    </>
  );
}

const countOf = (count: number, noun: string): string => (count === 1 ? `1 ${noun}` : `${count} ${noun}s`);
