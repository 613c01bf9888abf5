import type { ArgumentName, Kinds } from './language.js';
import type { VerbRules } from './verb-rules.js';

/** A verb that decides about a row. */
export type Verb = keyof VerbRules<Kinds>;

/** The names of the arguments that a verb needs. */
export type ArgumentNamesOf<V extends Verb> =
  Parameters<VerbRules<Kinds>[V]> extends readonly [unknown, infer Needed] ? Extract<keyof Needed, ArgumentName> : never;
