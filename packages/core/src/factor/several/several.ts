import { bytesFrom } from '../../crypto/random.js';
import type { Authenticator, AuthenticatorChange, AuthenticatorRules } from './authenticator-rules.js';
import type { EnrolledContext, FactorContext, Reply } from '../context.js';

/** What is kept about an authenticator if a user may have several. */
export interface AuthenticatorLabel extends Authenticator {
  /** When it was set up, in epoch milliseconds; unknown if the user could have only one at that time. */
  readonly addedAt?: number;
}

/** One authenticator of a user, with its label. */
export type Labelled<Item extends object> = Item & AuthenticatorLabel;

/**
 * What a factor keeps about a user who may have several authenticators. The first one is kept as it is where a user can have
 * only one, so records of both kinds are readable with any number.
 *
 * @typeParam Item what the factor keeps about one authenticator
 */
export type Several<Item extends object> = Item & Partial<AuthenticatorLabel> & { readonly others?: readonly Labelled<Item>[] };

const ID_BYTES = 16;
/** The id of an authenticator that was set up while the user could have only one. */
const UNLABELLED_ID = 'first';

/** The label of a new authenticator: a random id, a name, and the time. */
export const newLabel = ({ random, clock }: FactorContext, name: string): AuthenticatorLabel => ({
  id: bytesFrom(random, ID_BYTES).toString('base64url'),
  name,
  addedAt: clock(),
});

/**
 * Returns the authenticators of a record, oldest first. One that was set up while the user could have only one has the id
 * `first`.
 *
 * @param unnamed the name of an authenticator without one
 */
export function authenticatorsOf<Item extends object>(
  { others = [], ...first }: Several<Item>,
  unnamed: string,
): readonly [Labelled<Item>, ...Labelled<Item>[]] {
  return [{ id: UNLABELLED_ID, name: unnamed, ...first } as unknown as Labelled<Item>, ...others];
}

/** Returns the record that keeps these authenticators. */
export const recordOfAuthenticators = <Item extends object>([first, ...others]: readonly [
  Labelled<Item>,
  ...Labelled<Item>[],
]): Several<Item> => ({ ...first, ...(others.length > 0 && { others }) });

/** Whether a record holds an authenticator that was set up where a user may have several. */
export const isLabelled = <Item extends object>({ id }: Several<Item>): boolean => id !== undefined;

/** Tells whether two records hold the same authenticators, whatever their names. */
export const hasSameAuthenticators = <Item extends object>(one: Several<Item>, other: Several<Item>): boolean => {
  const [before, after] = [one, other].map((each) =>
    JSON.stringify(authenticatorsOf(each, '').map((item) => ({ ...item, name: '' }))),
  );
  return before === after;
};

/**
 * Returns what the user sees of their authenticators: JSON, oldest first.
 *
 * @param details what the factor shows of one, besides `id`, `name` and `addedAt`
 */
export const describeAuthenticators = <Item extends object>(
  list: readonly Labelled<Item>[],
  details: (item: Labelled<Item>) => Reply = () => ({}),
): Reply => ({
  authenticators: JSON.stringify(
    list.map((item) => {
      const { id, name, addedAt } = item;
      return { id, name, ...(addedAt !== undefined && { addedAt: new Date(addedAt).toISOString() }), ...details(item) };
    }),
  ),
});

/** Stores a change of one authenticator. @throws FactorError `not_enrolled` if the user does not have it, or has no other */
export async function changeAuthenticator<Item extends object>(
  { change: store }: EnrolledContext<Several<Item>>,
  change: AuthenticatorChange,
  { rules, unnamed }: { readonly rules: AuthenticatorRules; readonly unnamed: string },
): Promise<void> {
  const isChanged = await store((enrolment) => {
    const left = rules.changed(authenticatorsOf(enrolment, unnamed), change);
    return left && recordOfAuthenticators(left);
  });
  if (!isChanged) throw rules.unknown();
}

/** Returns the id of an authenticator; undefined if it was set up while the user could have only one. */
export const ownIdOf = ({ id }: Partial<Authenticator>): string | undefined => (id === UNLABELLED_ID ? undefined : id);

/**
 * How a user who has several authenticators of a factor chooses one of them, and what is kept for each.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface SeveralAuthenticators<Enrolment extends object> {
  /** Returns what the user may see once a primary factor is proven: ids, and masked destinations of codes. */
  choices?(enrolment: Enrolment): Reply;

  /**
   * Reads which authenticator a challenge is for. Returns the enrolment with that one only; undefined if the payload names
   * none.
   *
   * @throws FactorError `invalid_input`, `not_enrolled`
   */
  choose?(enrolment: Enrolment, payload: unknown): Enrolment | undefined;

  /** Returns the store's names for the marks of single authenticators, besides `markSubject`. */
  markSubjects?(context: FactorContext, enrolment: Enrolment): readonly string[];
}
