import type { Reply } from '@parse-factors/client';
import { useState } from 'react';
import { Page } from '../parts/page.js';
import { useSession, type Account } from '../session.js';
import { DeviceList, type ShownDevice } from './device-list.js';
import { OwnEvents } from './event-list.js';
import { FactorRow, Row, type RowProps } from './factor-row.js';
import { useFreshProof } from './fresh-proof.js';
import { PasskeyList, type ShownPasskey } from './passkey-list.js';
import { RecoveryRow } from './recovery-row.js';

const SECOND_FACTORS = ['totp', 'otp', 'email'];
const FIRST_FACTORS = ['emailLogin', 'phoneLogin'];

/** What a reply holds as JSON. */
const listOf = <Item,>(reply: Reply | undefined, name: string): readonly Item[] => JSON.parse(reply?.[name] ?? '[]') as Item[];

const stateOf = (reply: Reply | undefined): string | undefined =>
  reply && (reply.destination === undefined ? 'On' : `On, ${reply.destination}`);

/** How an account is protected, and every change to it. */
export function SecurityPage({ account }: { readonly account: Account }) {
  const { refresh } = useSession();
  const { guarded, dialogue } = useFreshProof(account);
  const [done, setDone] = useState('');
  const { factors } = account;
  const onChange = async (text: string): Promise<void> => {
    await refresh();
    setDone(text);
  };
  const row = (factor: string): RowProps => ({ factor, guarded, onChange });
  const passkeys = listOf<ShownPasskey>(factors['passkey'], 'passkeys');
  const devices = listOf<ShownDevice>(factors['device'], 'devices');
  const second = [...SECOND_FACTORS, 'passkey'].filter((key) => key in factors);
  return (
    <Page title="Security" lead={<>You are signed in as {account.name}.</>}>
      <p role="status" className="done">
        {done}
      </p>
      <section aria-labelledby="second">
        <h2 id="second">Second factors</h2>
        <p>
          {second.length === 0
            ? 'Nothing but one secret protects this account. Add something that only you have.'
            : 'Besides your password, one of these is asked for.'}
        </p>
        <ul className="rows">
          <FactorRow {...row('passkey')} many state={passkeys.length === 0 ? undefined : countOf(passkeys.length, 'passkey')}>
            {passkeys.length > 0 && <PasskeyList list={passkeys} guarded={guarded} onChange={onChange} />}
          </FactorRow>
          {SECOND_FACTORS.map((key) => (
            <FactorRow key={key} {...row(key)} state={stateOf(factors[key])} />
          ))}
          <RecoveryRow {...row('recovery')} remaining={factors['recovery']?.['remaining']} mayHave={second.length > 0} />
          <Row name="Trusted devices" state={devices.length === 0 ? 'None' : countOf(devices.length, 'device')} isOn={devices.length > 0}>
            {devices.length > 0 && <DeviceList list={devices} onChange={onChange} />}
          </Row>
        </ul>
      </section>
      <section aria-labelledby="first">
        <h2 id="first">Sign in without a password</h2>
        <p>A passkey does that as well.</p>
        <ul className="rows">
          {FIRST_FACTORS.map((key) => (
            <FactorRow key={key} {...row(key)} state={stateOf(factors[key])} />
          ))}
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

const countOf = (count: number, noun: string): string => (count === 1 ? `1 ${noun}` : `${count} ${noun}s`);
