import { useEffect } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { errorMessageFor } from './error-messages.js';
import { OperatorPage } from './operator/operator-page.js';
import { OutboxPage } from './outbox/outbox-page.js';
import { Page } from './components/page.js';
import { ActionButton } from './components/action-button.js';
import { FaultNote } from './components/fault-note.js';
import { SecurityPage } from './security/security-page.js';
import { useSession } from './session.js';
import { SignInPage } from './sign-in/sign-in-page.js';
import { RecoverPage } from './sign-in/recover-page.js';
import { ResetPage } from './sign-in/reset-page.js';
import { SignUpPage } from './sign-up/sign-up-page.js';
import { useAction } from './use-action.js';

/** The app: its header, its footer, and the page for the current path. */
export function App() {
  return (
    <>
      <Header />
      <Switch>
        <Route path="/" component={Start} />
        <Route path="/sign-up" component={SignUpPage} />
        <Route path="/forgot" component={ResetPage} />
        <Route path="/recover" component={RecoverPage} />
        <Route path="/security" component={OwnSecurity} />
        <Route path="/operator" component={OperatorPage} />
        <Route path="/outbox" component={OutboxPage} />
      </Switch>
      <footer>
        <p>
          An example of <strong>parse-factors</strong>, strong sign-in for Parse Server. Try the same flow{' '}
          <a href="/tour">with curl</a>.
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

/** Shows the sign-in page, or the security page to users who are already signed in. */
function Start() {
  const { account } = useSession();
  if (account === undefined) return <Waiting />;
  return account === null ? <SignInPage /> : <Redirect to="/security" />;
}

/** Shows the security page, or the sign-in page to users who are not signed in. */
function OwnSecurity() {
  const { account } = useSession();
  if (account === undefined) return <Waiting />;
  return account === null ? <Redirect to="/" /> : <SecurityPage account={account} />;
}

/** Shown until the app knows who is signed in. If the server does not answer, the session stays and the user can retry. */
function Waiting() {
  const { fault, refresh } = useSession();
  const action = useAction();
  if (fault === undefined) return <main aria-busy="true" />;
  return (
    <Page title="No answer">
      <ActionButton action={action} work={refresh}>
        Try again
      </ActionButton>
      <FaultNote fault={action.fault ?? errorMessageFor(fault)} />
    </Page>
  );
}

function Redirect({ to }: { readonly to: string }) {
  const [, navigate] = useLocation();
  useEffect(() => navigate(to, { replace: true }), [to]);
  return null;
}
