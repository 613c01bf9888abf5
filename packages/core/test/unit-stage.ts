import { Keyring } from '../src/crypto/keyring.js';
import { systemRandom } from '../src/crypto/random.js';
import type { EnrolledContext, FactorUser } from '../src/factor/context.js';
import type { FactorOccurrence } from '../src/factor/factor-event.js';
import type { Factor } from '../src/factor/factor.js';
import { MemoryOtpStore } from '../src/store/memory-otp-store.js';
import { type FakeClock, fakeClock } from '../../testing/src/fake-clock.js';

/** What unit tests of core are set up with: a user, a request, factors by their role, and errors as texts. */

export const MINUTE: number = 60_000;
export const DAY: number = 24 * 60 * MINUTE;

/** Two keys, the newer one first. They never change, so that what is made with them can be pinned. */
export const OLDER_KEY: string = '2029:4mJ3yqTnO1s0dN8m0oBzqk5QfX2Wl9cYhT7uGvE6iRA=';
export const NEWER_KEY: string = '2030:Z8v1kQw5rX0pLc7sNf3hYt9jBd2gMe6aUi4oPlKxVzE=';

/** A user with that id and these fields. */
export const userWith = (fields: Readonly<Record<string, unknown>> = {}, id = 'u1'): FactorUser => ({
  id,
  get: (field) => fields[field],
});

/** A factor's request, all of whose events are kept. */
export interface StagedContext extends EnrolledContext<object> {
  readonly clock: FakeClock;
  readonly store: MemoryOtpStore;
  readonly events: FactorOccurrence[];
  /** What the reply does not wait for. */
  readonly pending: Promise<unknown>[];
}

/** A request of the user `u1` of application `app` for the factor `otp`, on a store of its own. */
export function stagedContext(given: Partial<Omit<StagedContext, 'events' | 'pending'>> = {}): StagedContext {
  const clock = given.clock ?? fakeClock();
  const events: FactorOccurrence[] = [];
  const pending: Promise<unknown>[] = [];
  return {
    key: 'otp',
    appId: 'app',
    ip: '192.0.2.7',
    installationId: undefined,
    headers: {},
    store: new MemoryOtpStore({ clock }),
    keyring: new Keyring(OLDER_KEY),
    random: systemRandom,
    user: userWith(),
    change: async () => false,
    ...given,
    clock,
    events,
    pending,
    emit: (event) => void events.push(event),
    later: (work) => void pending.push(work),
  };
}

/** Factors of which no more is known than their role. */
export function factorsByRole(
  roles: Readonly<Record<string, 'second' | 'linked' | 'found' | 'backup' | 'help' | 'alone'>>,
): Readonly<Record<string, Factor<object>>> {
  const parts = {
    second: { policy: 'additional' },
    linked: { policy: 'solo', primary: { identity: {} } },
    found: { policy: 'solo', primary: { identity: {}, lookUp: () => undefined } },
    backup: { policy: 'additional', backup: 'after-sign-in' },
    alone: { policy: 'solo', primary: { signUp: true, enrolNew: () => undefined } },
    help: { policy: 'additional', backup: 'by-administrator' },
  };
  return Object.fromEntries(Object.entries(roles).map(([key, role]) => [key, parts[role] as unknown as Factor<object>]));
}

/** How some work ends: `passes`, or what its error says. */
export async function outcomeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'passes';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
