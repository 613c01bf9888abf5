import { useEffect } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { OperatorPage } from './operator/operator-page.js';
import { OutboxPage } from './outbox/outbox-page.js';
import { Page } from './parts/page.js';
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
        <Route>
          <Page title="There is no such page">
            <Link href="/">Start</Link>
          </Page>
        </Route>
      </Switch>
      <footer>
        <p>
          An example of <strong>parse-factors</strong>, strong sign-in for Parse Server. The same{' '}
          <a href="/tour">by curl</a>.
        </p>
      </footer>
    </>
  );
}

function Header() {
  const { account, signOut } = useSession();
  const action = useAction();
  return (
    <header>
      <Link href="/" className="brand">
        <img src="/icon.svg" alt="" width="24" height="24" /> Example
      </Link>
      <nav aria-label="Pages">
        <Link href="/outbox">Outbox</Link>
        <Link href="/operator">Operator</Link>
        {account && (
          <button type="button" className="plain" disabled={action.isBusy} onClick={() => void action.run(signOut)}>
            Sign out
          </button>
        )}
      </nav>
    </header>
  );
}

/** Whoever is signed in starts at his own page. */
function Start() {
  const { account } = useSession();
  if (account === undefined) return <main aria-busy="true" />;
  return account === null ? <SignInPage /> : <Redirect to="/security" />;
}

/** The page of whoever is signed in. */
function Own() {
  const { account } = useSession();
  if (account === undefined) return <main aria-busy="true" />;
  return account === null ? <Redirect to="/" /> : <SecurityPage account={account} />;
}

function Redirect({ to }: { readonly to: string }) {
  const [, navigate] = useLocation();
  useEffect(() => navigate(to, { replace: true }), [to]);
  return null;
}
