import { useEffect } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { explain } from './error-messages.js';
import { OperatorPage } from './operator/operator-page.js';
import { OutboxPage } from './outbox/outbox-page.js';
import { Page } from './components/page.js';
import { ActionButton } from './components/action-button.js';
import { FaultNote } from './components/fault-note.js';
import { SecurityPage } from './security/security-page.js';
import { useSession } from './session.js';
import { SignInPage } from './sign-in/sign-in-page.js';
import { SignUpPage } from './sign-up-page.js';
import { useAction } from './use-action.js';

/** The app: its header, and the page that the address names. */
export function App() {
  return (
    <>
      <Header />
      <Switch>
        <Route path="/" component={Start} />
        <Route path="/sign-up" component={SignUpPage} />
        <Route path="/security" component={Own} />
        <Route path="/operator" component={OperatorPage} />
        <Route path="/outbox" component={OutboxPage} />
      </Switch>
      <footer>
        <p>
          An example of <strong>parse-factors</strong>, strong sign-in for Parse Server. The same <a href="/tour">by curl</a>.
        </p>
      </footer>
    </>
  );
}

function Header() {
  const { account, signOut } = useSession();
  const [, navigate] = useLocation();
  const action = useAction();
  const leave = async (): Promise<void> => {
    await signOut();
    navigate('/');
  };
  return (
    <header>
      <Link href="/" className="brand">
        <img src="/icon.svg" alt="" width="24" height="24" /> Example
      </Link>
      <nav aria-label="Pages">
        {account && (
          <button type="button" className="plain" aria-disabled={action.isBusy} onClick={() => void action.run(leave)}>
            Sign out
          </button>
        )}
        <Link href="/outbox">Outbox</Link>
        <Link href="/operator">Operator</Link>
      </nav>
    </header>
  );
}

/** Whoever is signed in starts at his own page. */
function Start() {
  const { account } = useSession();
  if (account === undefined) return <Waiting />;
  return account === null ? <SignInPage /> : <Redirect to="/security" />;
}

/** The page of whoever is signed in. */
function Own() {
  const { account } = useSession();
  if (account === undefined) return <Waiting />;
  return account === null ? <Redirect to="/" /> : <SecurityPage account={account} />;
}

/** Until it is known who is signed in; the session is kept where the server does not say. */
function Waiting() {
  const { fault, refresh } = useSession();
  const action = useAction();
  if (fault === undefined) return <main aria-busy="true" />;
  return (
    <Page title="No answer">
      <ActionButton action={action} work={refresh}>
        Try again
      </ActionButton>
      <FaultNote fault={action.fault ?? explain(fault)} />
    </Page>
  );
}

function Redirect({ to }: { readonly to: string }) {
  const [, navigate] = useLocation();
  useEffect(() => navigate(to, { replace: true }), [to]);
  return null;
}
