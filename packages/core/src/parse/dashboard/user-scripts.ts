import { FactorError } from '../../error/factor-error.js';
import type { Administration } from '../../flows/administration/administer.js';
import type { AdminCall } from '../../flows/administration/user-batch.js';
import { asObject } from '../../validation/json-object.js';
import { DASHBOARD_FUNCTIONS } from '../../flows/administration/dashboard-config.js';
import { readableTime } from './plain-text.js';

/** An element of a form (README of Parse Dashboard 9.2, "Script Response Form"). */
type FormElement =
  | {
      readonly element: 'dropDown';
      readonly name: string;
      readonly label: string;
      readonly description?: string;
      readonly items: readonly { readonly title: string; readonly value: string }[];
    }
  | {
      readonly element: 'checkbox';
      readonly name: string;
      readonly label: string;
      readonly description?: string;
      readonly default: false;
    };

/** A form that a script shows. The dashboard then calls `cloudCodeFunction` for each selected user, with `formData`. */
export interface ScriptResponse {
  readonly __type: 'ScriptResponse';
  readonly form: {
    readonly title: string;
    readonly icon: 'gears';
    readonly cloudCodeFunction: string;
    readonly elements: readonly FormElement[];
  };
}

/** What a script was called with. */
export interface ScriptCall {
  /** The call of an administrator's function for the selected user. */
  readonly call: AdminCall & { readonly params: { readonly userId: string } };
  /** What the operator has entered in the form; undefined before it is shown. */
  readonly formData: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A script: shows a form, and then does what was entered, and says what it has done.
 *
 * The dashboard calls it for the first selected user before the form is shown, so that this call changes nothing.
 */
export type Script = (call: ScriptCall) => Promise<ScriptResponse | string>;

/** Reads what the dashboard sends. @throws FactorError `invalid_input` unless a user is selected */
export function readScriptCall(call: AdminCall): ScriptCall {
  const { formData, ...others } = asObject(call.params) ?? {};
  const userId = selectedUser(others);
  return { call: { ...call, params: { userId } }, formData: asObject(formData) };
}

/**
 * Returns the id of the user who is selected in the dashboard. Parse Server makes an object of the SDK of it, or leaves it as
 * it was sent.
 *
 * @throws FactorError `invalid_input` if no user is selected
 */
export function selectedUser(params: unknown): string {
  const { className, id, objectId } = asObject(asObject(params)?.['object']) ?? {};
  const userId = id ?? objectId;
  if (className === '_User' && typeof userId === 'string') return userId;
  throw new FactorError('invalid_input', { sentence: 'Select a user in Parse Dashboard: the field "object" must point to one.' });
}

/** Builds the scripts, by the names of their Cloud functions. Each only calls a function of {@link Administration}. */
export const userScripts = (admin: Administration): Readonly<Record<string, Script>> => ({
  [DASHBOARD_FUNCTIONS.reset]: async ({ call, formData }) => {
    if (formData === undefined) {
      const items = [{ title: 'Choose one', value: '' }, ...(await choices(admin, call, 'All at once, but not the only way in'))];
      return form('Reset factors', DASHBOARD_FUNCTIONS.reset, [
        { element: 'dropDown', name: 'factor', label: 'Factor', items },
        {
          element: 'checkbox',
          name: 'checked',
          label: 'I have checked who the user is',
          description: 'A person who asks for help by telephone may be an attacker.',
          default: false,
        },
      ]);
    }
    if (formData['checked'] !== true)
      throw new FactorError('invalid_input', { sentence: 'Check who the user is, and tick the box. Nothing was reset.' });
    const removed = await admin.factorsReset(naming(call, formData));
    return removed.length === 0 ? 'There was nothing to reset.' : `Reset: ${removed.join(', ')}.`;
  },
  [DASHBOARD_FUNCTIONS.unlock]: async ({ call, formData }) => {
    if (formData === undefined) {
      const items = await choices(admin, call, 'All');
      return form('End locks', DASHBOARD_FUNCTIONS.unlock, [{ element: 'dropDown', name: 'factor', label: 'Factor', items }]);
    }
    const unlocked = await admin.factorsUnlock(naming(call, formData));
    return unlocked.length === 0 ? 'The user has no factors.' : `Not locked any more: ${unlocked.join(', ')}.`;
  },
  [DASHBOARD_FUNCTIONS.endSessions]: async ({ call, formData }) => {
    if (formData === undefined) {
      return form('End all sessions', DASHBOARD_FUNCTIONS.endSessions, [
        {
          element: 'checkbox',
          name: 'devices',
          label: 'Also end trust in devices',
          description: 'For a stolen device: the next sign-in from it asks for a second factor.',
          default: false,
        },
      ]);
    }
    const devices = formData['devices'] === true ? await admin.factorsRevokeDevices(call) : [];
    const ended = await admin.factorsEndUserSessions(call);
    return `Sessions ended: ${ended}.${devices.length > 0 ? ' Trust in devices has ended.' : ''}`;
  },
  // Results of a form vanish after 3.5 seconds. So the form itself shows the code. The code is no value of the form: the
  // dashboard would send it back, and Parse Server could log it.
  [DASHBOARD_FUNCTIONS.helpCode]: async ({ call, formData }) => {
    if (formData !== undefined) return 'Done.';
    const { code = '', expiresAt = '' } = await admin.factorsHelpCode(call);
    return form('Help code', DASHBOARD_FUNCTIONS.helpCode, [
      {
        element: 'checkbox',
        name: 'told',
        label: code,
        description: `Read this code out to the user. It is shown only once, and opens one session until ${readableTime(expiresAt)}.`,
        default: false,
      },
    ]);
  },
});

const ALL = '*';

const form = (title: string, cloudCodeFunction: string, elements: readonly FormElement[]): ScriptResponse => ({
  __type: 'ScriptResponse',
  form: { title, icon: 'gears', cloudCodeFunction, elements },
});

/** All at once, and each factor of the user. */
async function choices(admin: Administration, call: AdminCall, all: string) {
  const keys = Object.keys(await admin.factorsList(call));
  return [{ title: all, value: ALL }, ...keys.map((key) => ({ title: key, value: key }))];
}

/** The call with the factor that was chosen. @throws FactorError `invalid_input` if none was */
function naming(call: ScriptCall['call'], { factor }: Readonly<Record<string, unknown>>): AdminCall {
  if (typeof factor !== 'string' || factor === '')
    throw new FactorError('invalid_input', { sentence: 'Choose a factor. Nothing was changed.' });
  return factor === ALL ? call : { ...call, params: { ...call.params, factor } };
}
