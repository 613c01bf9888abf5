/** A message to the load client: a code that was sent, or users to sign in. */
export type LoadMessage =
  | { readonly to: string; readonly code: string }
  | { readonly url: string; readonly key: string; readonly people: readonly (readonly string[])[] };

/** The client runs in its own process, so that a comparison of servers does not measure clients. */
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

/** Signs users in: each worker handles its own users one after another, and all workers run in parallel. */
async function shift(url: string, key: string, people: readonly (readonly string[])[]): Promise<number> {
  const start = performance.now();
  const work = async (emails: readonly string[], worker: number): Promise<void> => {
    const ip = `192.0.2.${worker}`; // each worker has its own IP address
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
