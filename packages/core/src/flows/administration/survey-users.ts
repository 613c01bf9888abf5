import { secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState, ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { policyFor } from '../sign-in/login-demand.js';

/** A user, as a survey reads them. */
export interface SurveyedUser {
  readonly id: string;
  readonly username: string;
  /** Reads the names of the user's roles, inherited ones included. */
  readonly roles: () => Promise<readonly string[]>;
  /** The keys of all factors that the user has set up. Nothing is opened: a record counts whether its key is known or not. */
  readonly factors: readonly string[];
  /** Those of them that are second factors. */
  readonly secondFactors: readonly string[];
  /** Asks the policy; see {@link mustEnrol}. */
  readonly mustEnrol: () => Promise<boolean | undefined>;
}

/** What a survey has read. */
export interface Survey<Kept> {
  readonly kept: readonly Kept[];
  /** The id that the next survey begins after; left out if there are no more users. */
  readonly next?: string;
}

/** What a survey does with each user. */
export interface SurveyPlan<Kept> {
  /** The id of the user before the first one; empty for all users. */
  readonly after: string;
  /** Returns what is kept of a user; undefined for nothing. */
  readonly read: (user: SurveyedUser) => Promise<Kept | undefined>;
}

/** Most users that one survey reads: each costs a few statements, for roles. */
export const MAX_SURVEYED = 5000;
/** A survey also ends when it has kept as much. */
const MAX_KEPT = 1000;
const BATCH = 500;
const SIDE_BY_SIDE = 8;

/** Reads users in the order of their ids. */
export async function surveyUsers<Kept>(runtime: Runtime, request: ServerRequest, plan: SurveyPlan<Kept>): Promise<Survey<Kept>> {
  const kept: Kept[] = [];
  let [after, seen] = [plan.after, 0];
  const read = async (account: AccountState) => plan.read(await surveyed(runtime, request, account));
  while (seen < MAX_SURVEYED && kept.length < MAX_KEPT) {
    const accounts = await request.server.accounts.list(after, BATCH);
    for (let first = 0; first < accounts.length && kept.length < MAX_KEPT; first += SIDE_BY_SIDE) {
      const some = accounts.slice(first, first + SIDE_BY_SIDE);
      kept.push(...(await Promise.all(some.map(read))).filter((each) => each !== undefined));
      after = some.at(-1)?.id ?? after;
      seen += some.length;
    }
    if (accounts.length < BATCH && after === (accounts.at(-1)?.id ?? after)) return { kept };
  }
  return { kept, next: after };
}

/**
 * Whether the policy demands that the user set up a factor, or another one; undefined if the policy has failed. The policy is
 * asked about a client of which nothing is known: the user may sign in from anywhere.
 */
export async function mustEnrol(
  runtime: Runtime,
  { server }: ServerRequest,
  account: AccountState,
): Promise<boolean | undefined> {
  const client = { ip: undefined, installationId: undefined, headers: {} };
  try {
    const enrolled = storedAmong(account.stored, secondFactors(runtime));
    return await policyFor(runtime, { server, client, hasMasterKey: false }, account).demandsEnrolment(enrolled);
  } catch {
    return undefined;
  }
}

async function surveyed(runtime: Runtime, request: ServerRequest, account: AccountState): Promise<SurveyedUser> {
  const { id, user, stored } = account;
  const username: unknown = user.get('username');
  return {
    id,
    username: typeof username === 'string' ? username : '',
    roles: () => request.server.roles.namesOf(id),
    factors: storedAmong(stored, Object.keys(runtime.factors)),
    secondFactors: storedAmong(stored, secondFactors(runtime)),
    mustEnrol: () => mustEnrol(runtime, request, account),
  };
}
