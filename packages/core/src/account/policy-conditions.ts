import { functionOption, integerOption, type OptionRule, resolveOptions } from '../validation/options.js';
import { isPolicy, type Policy, type PolicyRequest } from './policy-options.js';
import { DAY_MS, HOUR_MS } from '../time/durations.js';

/** Tells whether a sign-in is unusual. A sign-in of a user without a recorded sign-in is never unusual. */
export type PolicyCondition = (request: PolicyRequest) => Promise<boolean>;

/** Where an IP address is. */
export interface Place {
  /** The country, in one spelling, such as its ISO 3166-1 alpha-2 code. */
  readonly country: string;
  /** In degrees, -90 to 90; needed for {@link impossibleTravel} only. */
  readonly latitude?: number;
  /** In degrees, -180 to 180. */
  readonly longitude?: number;
}

/** Looks up where an IP address is, such as in a database of your application; undefined if that is not known. */
export type Locate = (ip: string) => Place | undefined | Promise<Place | undefined>;

/** Options of {@link newCountry}. */
export interface LocateOptions {
  /** Looks up where an IP address is. If it throws, the sign-in counts as unusual. */
  readonly locate: Locate;
}

/** Options of {@link impossibleTravel}. */
export interface TravelOptions extends LocateOptions {
  /** The fastest that users travel, in kilometres per hour, 1 to 10,000; 1000 by default. */
  readonly kmPerHour?: number;
}

const EARTH_KM = 6371;

/** IP addresses are not known more exactly than this. */
const TOLERANCE_KM = 100;

const POLICY: OptionRule = { accepts: 'a policy, such as "all" or { oneOf: [<factor keys>] }', isValid: isPolicy };
const DEMANDS = {
  conditions: {
    accepts: 'a list of at least one condition, such as [newDevice()]',
    isValid: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => functionOption.isValid(each)),
  } satisfies OptionRule,
  policy: POLICY,
  otherwise: POLICY,
};
const DAYS = { days: integerOption(1, 180) };
const LOCATE = { locate: functionOption };
const TRAVEL = { ...LOCATE, kmPerHour: integerOption(1, 10_000) };

/**
 * Makes a policy that demands more of unusual sign-ins.
 *
 * A condition decides about requests that have proven nothing but the password yet. An attacker may send what makes a sign-in
 * look usual, such as a stolen installation id. So `otherwise` must be enough by itself.
 *
 * @param conditions any of them makes a sign-in unusual, and so does one that throws
 * @param policy what unusual sign-ins need
 * @param otherwise what all others need; `any` by default
 * @throws FactorConfigError
 * @example
 * ```ts
 * import { demandWhen, idleFor, newDevice } from '@parse-factors/core';
 *
 * export const policy = demandWhen([newDevice(), idleFor({ days: 30 })], 'all');
 * ```
 */
export function demandWhen(
  conditions: readonly PolicyCondition[],
  policy: Policy,
  otherwise: Policy = 'any',
): ((request: PolicyRequest) => Promise<Policy>) & { readonly policies: readonly Policy[] } {
  resolveOptions('demandWhen', { conditions, policy, otherwise }, DEMANDS, {});
  const choose = async (request: PolicyRequest): Promise<Policy> => {
    for (const condition of conditions) if (await holds(condition, request)) return policy;
    return otherwise;
  };
  return Object.assign(choose, { policies: [policy, otherwise] });
}

/** If a condition fails, such as where the devices cannot be read, the sign-in counts as unusual. */
async function holds(condition: PolicyCondition, request: PolicyRequest): Promise<boolean> {
  try {
    return await condition(request);
  } catch {
    return true;
  }
}

/** Holds for a device that the user has not signed in from in the last 180 days. */
export const newDevice = (): PolicyCondition => async (request) =>
  (await request.lastSignIn()) !== undefined && !(await request.isKnownDevice());

/**
 * Holds for users who have not signed in for a time.
 *
 * @param options.days how long, in days of 24 hours, 1 to 180
 * @throws FactorConfigError
 */
export function idleFor(options: { readonly days: number }): PolicyCondition {
  const { days } = resolveOptions<{ readonly days: number }>('idleFor', options, DAYS, {});
  return async ({ now, lastSignIn }) => {
    const last = await lastSignIn();
    return last !== undefined && now - last >= days * DAY_MS;
  };
}

/**
 * Holds for a country that the user has not signed in from in the last 180 days, and for an unknown one. It looks up the
 * addresses of the earlier sign-ins, so no place is stored.
 *
 * @throws FactorConfigError
 */
export function newCountry(options: LocateOptions): PolicyCondition {
  const { locate } = resolveOptions<LocateOptions>('newCountry', options, LOCATE, {});
  return unlessLocated(locate, async ({ ip, signIns, lastSignIn }, placeOf) => {
    const recent = await signIns();
    if (recent.length === 0) return (await lastSignIn()) !== undefined;
    const known = await Promise.all(recent.map((signIn) => placeOf(signIn.ip)));
    const countries = known.flatMap((place) => place?.country ?? []);
    return countries.length > 0 && !countries.includes((await placeOf(ip))?.country ?? '');
  });
}

/**
 * Holds for a place that the user cannot have reached since the last sign-in. Distances under 100 km never count, as IP
 * addresses are not known more exactly.
 *
 * @throws FactorConfigError
 */
export function impossibleTravel(options: TravelOptions): PolicyCondition {
  const { locate, kmPerHour } = resolveOptions<Required<TravelOptions>>('impossibleTravel', options, TRAVEL, { kmPerHour: 1000 });
  return unlessLocated(locate, async ({ ip, now, signIns }, placeOf) => {
    const [last] = await signIns();
    const km = last === undefined ? undefined : distance(await placeOf(last.ip), await placeOf(ip));
    if (last === undefined || km === undefined || km < TOLERANCE_KM) return false;
    return km > (kmPerHour * Math.max(0, now - last.at)) / HOUR_MS;
  });
}

type PlaceOf = (ip: string | undefined) => Promise<Place | undefined>;

/** If a look-up fails, the sign-in counts as unusual. */
const unlessLocated =
  (locate: Locate, decide: (request: PolicyRequest, placeOf: PlaceOf) => Promise<boolean>): PolicyCondition =>
  async (request) => {
    let isBroken = false;
    const placeOf: PlaceOf = async (ip) => {
      if (ip === undefined) return undefined;
      try {
        return await locate(ip);
      } catch {
        isBroken = true;
        return undefined;
      }
    };
    const isUnusual = await decide(request, placeOf);
    return isUnusual || isBroken;
  };

/** The distance of two places in kilometres, on a sphere (haversine); undefined if one is not known. */
function distance(from: Place | undefined, to: Place | undefined): number | undefined {
  const radians = (degrees: number | undefined): number => ((degrees ?? Number.NaN) * Math.PI) / 180;
  const [first, second] = [radians(from?.latitude), radians(to?.latitude)];
  const east = radians(to?.longitude) - radians(from?.longitude);
  const chord = Math.sin((second - first) / 2) ** 2 + Math.cos(first) * Math.cos(second) * Math.sin(east / 2) ** 2;
  const km = 2 * EARTH_KM * Math.asin(Math.sqrt(Math.min(1, chord)));
  return Number.isFinite(km) ? km : undefined;
}
