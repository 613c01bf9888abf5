import type { PastSignIn } from './devices/past-sign-in.js';
import type { FactorUser, RequestHeaders } from '../factor/context.js';
import { asObject } from '../validation/json-object.js';
import { functionOption, integerOption, type OptionRule } from '../validation/options.js';

/**
 * Which factors a login must verify after the primary factor. `any`: one of those that the user has set up. `all`:
 * every one that the user has set up. `atLeast`: that many, 1 to 5, and the user must set up as many. `oneOf`: one of the
 * named factors, and the user must set up one of them. `allOf`: every named factor, and the user must set up all of them.
 */
export type Policy =
  'any' | 'all' | { readonly atLeast: number } | { readonly oneOf: readonly string[] } | { readonly allOf: readonly string[] };

/** Reads the names of a user's roles, inherited ones included. */
export type RoleNames = () => Promise<readonly string[]>;

/** The user and the request that a policy decides about. */
export interface PolicyRequest {
  /** The user as stored. They may not have proven a second factor yet. */
  readonly user: FactorUser;
  /** Reads the names of the user's roles, inherited ones included. */
  readonly roles: RoleNames;
  /** The client's IP address, from `clientIp` if you composed one; undefined for requests from Cloud Code. */
  readonly ip: string | undefined;
  /** The headers of the request, by their names in lower case. A client can send any. */
  readonly headers: RequestHeaders;
  /** The installation id that the SDK sent. It is not authenticated: a client can send any. */
  readonly installationId: string | undefined;
  /** The time in epoch milliseconds. */
  readonly now: number;
  /** Reads the last sign-in from each device of the last 180 days, the latest first; none with `rememberDevices: false`. */
  readonly signIns: () => Promise<readonly PastSignIn[]>;
  /** Reads when the user last signed in, in epoch milliseconds; undefined if that is not known. */
  readonly lastSignIn: () => Promise<number | undefined>;
  /** Tells whether the user has signed in from this device in the last 180 days. */
  readonly isKnownDevice: () => Promise<boolean>;
}

/** A policy for all users, for the members of roles, or for each request. */
export type PolicyOption =
  | Policy
  | {
      /** Policies by role name. A user with several of these roles must meet all of their policies. */
      readonly byRole: Readonly<Record<string, Policy>>;
      /** The policy for all other users; `any` by default. */
      readonly otherwise?: Policy;
    }
  | (((request: PolicyRequest) => Policy | Promise<Policy>) & {
      /** The policies that the function chooses from, which are then checked at start; `demandWhen` sets it. */
      readonly policies?: readonly Policy[];
    });

/** Which users must set up a factor, and from when. */
export interface EnrolmentOptions {
  /** Which users must: all of them, the members of any of these roles, or those that a function selects; no user by default. */
  readonly requiredFor?:
    'everybody' | { readonly roles: readonly string[] } | ((request: PolicyRequest) => boolean | Promise<boolean>);
  /** How long after sign-up a user may go without a factor, in milliseconds, 0 to a year; 0 by default. */
  readonly graceMs?: number;
  /** For users who signed up before this time, `graceMs` counts from this time. Epoch milliseconds; 0 by default. */
  readonly since?: number;
}

const YEAR_MS = 366 * 24 * 60 * 60_000;
const MAX_FACTORS = 5;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** Whether it names at least one factor, each once. */
const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isText) && new Set(value).size === value.length;

/** Whether a value has the form of a {@link Policy}. It does not check that the named factors exist. */
export function isPolicy(value: unknown): value is Policy {
  if (value === 'any' || value === 'all') return true;
  const [[form, held] = [], ...others] = Object.entries(asObject(value) ?? {});
  if (others.length > 0) return false;
  return form === 'atLeast'
    ? integerOption(1, MAX_FACTORS).isValid(held)
    : (form === 'oneOf' || form === 'allOf') && isNames(held);
}

const noneOf = (others: object): boolean => Object.keys(others).length === 0;

const isByRole = (value: unknown): boolean => {
  const { byRole, otherwise = 'any', ...others } = asObject(value) ?? {};
  const policies = Object.values(asObject(byRole) ?? { none: undefined });
  return policies.every(isPolicy) && isPolicy(otherwise) && noneOf(others);
};

/** Accepts a {@link PolicyOption}. */
export const policyOption: OptionRule = {
  accepts: `"any", "all", { atLeast: 1 to ${MAX_FACTORS} }, { oneOf: [<factor keys>] }, { allOf: [<factor keys>] }, { byRole: { <role>: <policy> }, otherwise: <policy> } or a function`,
  isValid: (value) => isPolicy(value) || isByRole(value) || functionOption.isValid(value),
};

/** Accepts {@link EnrolmentOptions}. */
export const enrolmentOption: OptionRule = {
  accepts: `{ requiredFor: "everybody", { roles: [<at least one name>] } or a function, graceMs: 0 to ${YEAR_MS}, since: epoch milliseconds }`,
  isValid: (value) => {
    const { requiredFor, graceMs = 0, since = 0, ...others } = asObject(value) ?? { unknown: true };
    const { roles, ...rest } = asObject(requiredFor) ?? {};
    const isRoles = Array.isArray(roles) && roles.length > 0 && roles.every((role) => typeof role === 'string') && noneOf(rest);
    const isWho = requiredFor === undefined || requiredFor === 'everybody' || isRoles || functionOption.isValid(requiredFor);
    const isWhen = integerOption(0, YEAR_MS).isValid(graceMs) && integerOption(0, Number.MAX_SAFE_INTEGER).isValid(since);
    return isWho && isWhen && noneOf(others);
  },
};
