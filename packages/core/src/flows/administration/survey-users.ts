import { secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState, ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { policyFor } from '../sign-in/login-demand.js';

/** What a survey reads of one user. */
export interface SurveyedUser {
  readonly id: string;
  readonly username: string;
  /** The names of the user's roles, inherited ones included. */
  readonly roles: readonly string[];
  /** The keys of all factors that the user has set up. */
  readonly factors: readonly string[];
  /** Those of them that are second factors. */
  readonly secondFactors: readonly string[];
  /** Whether the policy demands that the user set up a factor, or another one; undefined if the policy has failed. */
  readonly mustEnrol: boolean | undefined;
}

/** What a survey has read. */
export interface Survey {
  readonly users: readonly SurveyedUser[];
  /** The id that the next survey begins after; left out if there are no more users. */
  readonly next?: string;
}

/** Which users a survey reads, and which of them it keeps. */
export interface SurveyRequest {
  /** The id of the user before the first one; empty for all users. */
  readonly after: string;
  /** Whether the user is kept. The survey ends early when {@link MAX_KEPT} are. */
  readonly keeps: (user: SurveyedUser) => boolean;
  /** Called for each user that was read. */
  readonly onUser?: (user: SurveyedUser) => void;
}

/** Most users that one survey reads. */
export const MAX_SURVEYED = 10_000;
/** Most users that one survey returns. */
export const MAX_KEPT = 1000;
const BATCH = 500;
/** How many users are looked at side by side: each may cost statements to read roles. */
const SIDE_BY_SIDE = 8;

/** Reads users in the order of their ids. Nothing is opened: a record counts whether its key is known or not. */
export async function surveyUsers(runtime: Runtime, request: ServerRequest, asked: SurveyRequest): Promise<Survey> {
  const kept: SurveyedUser[] = [];
  let [after, seen] = [asked.after, 0];
  while (seen < MAX_SURVEYED) {
    const accounts = await request.server.accounts.list(after, BATCH);
    for (let first = 0; first < accounts.length; first += SIDE_BY_SIDE) {
      const some = accounts.slice(first, first + SIDE_BY_SIDE);
      for (const user of await Promise.all(some.map((account) => look(runtime, request, account)))) {
        asked.onUser?.(user);
        if (!asked.keeps(user)) continue;
        kept.push(user);
        if (kept.length === MAX_KEPT) return { users: kept, next: user.id };
      }
    }
    seen += accounts.length;
    after = accounts.at(-1)?.id ?? after;
    if (accounts.length < BATCH) return { users: kept };
  }
  return { users: kept, next: after };
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

async function look(runtime: Runtime, request: ServerRequest, account: AccountState): Promise<SurveyedUser> {
  const { id, user, stored } = account;
  return {
    id,
    username: String(user.get('username') ?? ''),
    roles: await request.server.roles.namesOf(id),
    factors: storedAmong(stored, Object.keys(runtime.factors)),
    secondFactors: storedAmong(stored, secondFactors(runtime)),
    mustEnrol: await mustEnrol(runtime, request, account),
  };
}
