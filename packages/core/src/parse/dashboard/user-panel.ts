import type { UserReport } from '../../flows/administration/inspect-user.js';
import type { Reply } from '../../factor/context.js';
import { asObject } from '../../validation/json-object.js';
import { plainText, readableTime } from './plain-text.js';

/** An item of an info panel (README of Parse Dashboard 9.2, "Info Panel"). All values are texts. */
type PanelItem =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'keyValue'; readonly key: string; readonly value: string }
  | {
      readonly type: 'table';
      readonly columns: readonly { readonly name: string; readonly type: 'string' }[];
      readonly rows: readonly Readonly<Record<string, string>>[];
    };

/** What the info panel of Parse Dashboard shows of a user. */
export interface UserPanel {
  readonly panel: { readonly segments: readonly { readonly title: string; readonly items: readonly PanelItem[] }[] };
}

const DEMANDED = 'The policy demands that this user set up a factor.';
const FAILED = 'Unknown: the policy has failed, so it is not known whether this user must set up a factor.';

/** Shows a user's factors, locks, sessions and latest events. */
export function userPanel({ factors, mustEnrol, locks, sessions, events }: UserReport): UserPanel {
  const demand = mustEnrol === false ? [] : [text(mustEnrol ? DEMANDED : FAILED)];
  const factorRows = Object.entries(factors).map(([key, reply]) => ({
    Factor: key,
    Status: reply['status'] ?? '',
    Details: detailsOf(reply),
  }));
  const lockRows = locks?.map(({ factor, until }) => ({ Factor: factor, Until: readableTime(until) }));
  const sessionRows = sessions.map(({ createdAt, device, methods, aal }) => ({
    Opened: readableTime(createdAt),
    Device: device ?? '',
    'Signed in with': methods.map(({ method }) => method).join(', '),
    Level: String(aal),
  }));
  const eventRows = events?.map(({ at, factor, type, reason }) => ({
    When: readableTime(at),
    Factor: factor,
    Event: type,
    Reason: plainText(reason ?? ''),
  }));
  return {
    panel: {
      segments: [
        { title: 'Factors', items: [...demand, table(factorRows, 'No factors.')] },
        { title: 'Locks', items: [table(lockRows, 'No locks.')] },
        { title: 'Sessions', items: [table(sessionRows, 'No sessions.')] },
        { title: 'Latest events', items: [table(eventRows, 'No events.')] },
      ],
    },
  };
}

const text = (content: string): PanelItem => ({ type: 'text', text: content });

/** @param rows undefined if they are read from the event log, and there is none */
function table(rows: readonly Readonly<Record<string, string>>[] | undefined, ifEmpty: string): PanelItem {
  const [first] = rows ?? [];
  if (rows === undefined) return text('Unknown: composeFactors has no eventLog.');
  if (first === undefined) return text(ifEmpty);
  return { type: 'table', columns: Object.keys(first).map((name) => ({ name, type: 'string' })), rows };
}

/** What a factor shows of an enrolment, besides its status: masked destinations, counts, and the names in lists. */
function detailsOf({ status: _status, destination, ...others }: Reply): string {
  const lists = Object.entries(others).map(([field, value]) => {
    const list = listIn(value);
    return list === undefined ? `${field}: ${plainText(value)}` : list.map(nameOf).join('; ');
  });
  const hasOwnList = Object.hasOwn(others, 'authenticators');
  return [...(destination === undefined || hasOwnList ? [] : [destination]), ...lists].join('; ');
}

function listIn(value: string): readonly unknown[] | undefined {
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

/** The name of an authenticator, its masked destination, and when it was added. Ids are left out. */
function nameOf(each: unknown): string {
  const { name, destination, addedAt } = asObject(each) ?? {};
  const added = typeof addedAt === 'string' ? [`since ${readableTime(addedAt).slice(0, 10)}`] : [];
  const named = [name, destination].filter((part) => typeof part === 'string').map(plainText);
  return [...named, ...added].join(', ');
}
