import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { type Survey, type SurveyedUser, surveyUsers } from '../../flows/administration/survey-users.js';
import type { AdminCall } from '../../flows/administration/user-batch.js';
import { asObject } from '../../validation/json-object.js';
import { pointerTo } from '../server/pointer.js';
import { escapedText } from './plain-text.js';

/** A row of a view of Parse Dashboard (README of 9.2, "View Table"). Texts hold no HTML. */
export type ViewRow = Readonly<Record<string, string | number | object>>;

const EVERYBODY = 'All users';
const MAX_ROLES = 100;

/** How many users of each role have each factor, the largest roles first. */
export async function adoptionView(runtime: Runtime, call: AdminCall): Promise<readonly ViewRow[]> {
  const keys = Object.keys(runtime.factors);
  const groups = new Map<string, Group>([[EVERYBODY, new Group()]]);
  const read = async (user: SurveyedUser): Promise<undefined> => {
    groups.get(EVERYBODY)?.add(user);
    for (const role of await user.roles()) {
      const name = `Role ${role}`;
      groups.set(name, groups.get(name) ?? new Group());
      groups.get(name)?.add(user);
    }
  };
  const survey = await surveyUsers(runtime, call, { after: readAfter(call.params), read });
  const [all, ...roles] = [...groups].map(([name, group]) => ({ Group: escapedText(name), ...group.rowOf(keys) }));
  const largest = roles.toSorted((one, other) => other.Users - one.Users).slice(0, MAX_ROLES);
  return [...(all === undefined ? [] : [all]), ...largest, ...moreRow('Group', survey)];
}

/** The users who must set up a factor, and those whose policy function has failed. */
export async function missingView(runtime: Runtime, call: AdminCall): Promise<readonly ViewRow[]> {
  const read = async (user: SurveyedUser): Promise<ViewRow | undefined> => {
    const isDemanded = await user.mustEnrol();
    if (isDemanded === false) return undefined;
    return {
      Name: escapedText(user.username),
      User: pointerTo(user.id),
      Roles: escapedText((await user.roles()).join(', ')),
      'Second factors': user.secondFactors.join(', '),
      Demand: isDemanded === true ? 'must set one up' : 'unknown: the policy has failed',
    };
  };
  const survey = await surveyUsers(runtime, call, { after: readAfter(call.params), read });
  return [...survey.kept, ...moreRow('Name', survey)];
}

/** Counts users of one group. */
class Group {
  #users = 0;
  #protected = 0;
  readonly #counts = new Map<string, number>();

  add({ factors, secondFactors }: SurveyedUser): void {
    this.#users += 1;
    if (secondFactors.length > 0) this.#protected += 1;
    for (const key of factors) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  rowOf(keys: readonly string[]) {
    return {
      Users: this.#users,
      'With a second factor': this.#protected,
      Percent: this.#users === 0 ? 0 : Math.round((100 * this.#protected) / this.#users),
      ...Object.fromEntries(keys.map((key) => [key, this.#counts.get(key) ?? 0])),
    };
  }
}

/** The text that the operator has entered: the id of the user before the first one. @throws FactorError `invalid_input` */
function readAfter(params: unknown): string {
  const text = asObject(params)?.['text'] ?? '';
  if (typeof text === 'string' && /^[\w-]{0,64}$/.test(text)) return text;
  throw new FactorError('invalid_input', { sentence: 'The text must be the id of a user, or empty.' });
}

const moreRow = (column: string, { next }: Survey<unknown>): readonly ViewRow[] =>
  next === undefined ? [] : [{ [column]: `There are more users. To go on, enter this text: ${next}` }];
