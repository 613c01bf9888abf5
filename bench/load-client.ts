/** What the load client is told: a code that was sent, or people to sign in. */
export type LoadMessage =
  | { readonly to: string; readonly code: string }
  | { readonly url: string; readonly key: string; readonly people: readonly (readonly string[])[] };

/** A client in a process of its own, so that a comparison of servers is not one of clients. */
const codes = new Map<string, string>();
const waiting = new Map<string, (code: string) => void>();

function codeFor(email: string): Promise<string> {
  const code = codes.get(email);
  codes.delete(email);
  return code === undefined ? new Promise((resolve) => waiting.set(email, resolve)) : Promise.resolve(code);
}

async function post(url: string, body: object, ip: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'X-Parse-Application-Id': 'test', 'Content-Type': 'application/json', 'X-Forwarded-For': ip },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
}

/** Every worker signs its people in, one after the other, while the others do the same. */
async function shift(url: string, key: string, people: readonly (readonly string[])[]): Promise<number> {
  const start = performance.now();
  const work = async (emails: readonly string[], worker: number): Promise<void> => {
    const ip = `192.0.2.${worker}`; // people come from different addresses
    for (const email of emails) {
      await post(`${url}/challenge`, { challengeData: { [key]: { email } } }, ip);
      await post(`${url}/users`, { authData: { [key]: { id: email, code: await codeFor(email) } } }, ip);
    }
  };
  await Promise.all(people.map(work));
  return performance.now() - start;
}

process.on('message', (message: LoadMessage) => {
  if ('people' in message) {
    const { url, key, people } = message;
    shift(url, key, people).then(
      (milliseconds) => process.send?.({ milliseconds }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
    return;
  }
  const { to, code } = message;
  const waiter = waiting.get(to);
  waiting.delete(to);
  if (waiter === undefined) codes.set(to, code);
  else waiter(code);
});
