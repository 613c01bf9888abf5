import { administration } from '../../flows/administration/administer.js';
import { inspectUser } from '../../flows/administration/inspect-user.js';
import type { AdminCall } from '../../flows/administration/user-batch.js';
import type { Bridge } from '../bridge.js';
import { type AdminRequest, assertAdministrator, assertReader } from '../cloud/admin-request.js';
import { handleAdmin } from '../cloud/handle-admin.js';
import { hideResult } from '../cloud/logged-result.js';
import { DASHBOARD_FUNCTIONS } from '../../flows/administration/dashboard-config.js';
import { userPanel } from './user-panel.js';
import { readScriptCall, selectedUser, userScripts } from './user-scripts.js';
import { adoptionView, missingView } from './user-views.js';

type CloudFunction = (request: AdminRequest) => Promise<unknown>;

/**
 * Builds the Cloud functions that Parse Dashboard calls, by name. All need the master key. The panel and the views only read,
 * so the read-only master key may call them.
 */
export function dashboardFunctions(bridge: Bridge): Readonly<Record<string, CloudFunction>> {
  const { runtime } = bridge;
  const as =
    (assert: (request: AdminRequest) => void, work: (call: AdminCall) => Promise<unknown>): CloudFunction =>
    async (request) => {
      const result = await handleAdmin(bridge, request, { assert, work });
      hideResult(request.config); // names of users, and help codes
      return result;
    };
  const scripts = Object.entries(userScripts(administration(runtime))).map(
    ([name, script]) => [name, as(assertAdministrator, (call) => script(readScriptCall(call)))] as const,
  );
  return {
    ...Object.fromEntries(scripts),
    [DASHBOARD_FUNCTIONS.panel]: as(assertReader, async (call) =>
      userPanel(await inspectUser(runtime, { ...call, params: { userId: selectedUser(call.params) } })),
    ),
    [DASHBOARD_FUNCTIONS.adoption]: as(assertReader, (call) => adoptionView(runtime, call)),
    [DASHBOARD_FUNCTIONS.missing]: as(assertReader, (call) => missingView(runtime, call)),
  };
}
