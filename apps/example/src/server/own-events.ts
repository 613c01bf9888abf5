import type ParseSdk from 'parse/node';

const SHOWN = 20;

/**
 * Defines the Cloud function `ownEvents`. It returns the latest events of the user who calls it, newest first. The
 * class `FactorEvent` itself can be read with the master key only.
 */
export function defineOwnEvents(Parse: typeof ParseSdk): void {
  Parse.Cloud.define(
    'ownEvents',
    async ({ user }) => {
      if (user === undefined) return []; // a call with the master key and no session
      const query = new Parse.Query('FactorEvent')
        .equalTo('userId', user.id)
        .descending('at')
        .addDescending('createdAt')
        .limit(SHOWN);
      const events = await query.find({ useMasterKey: true });
      return events.map((event) => ({
        id: event.id,
        ...Object.fromEntries(
          // The address of an administrator is not the user's to see.
          ['type', 'factor', 'purpose', 'at', 'reason', ...(event.get('byMasterKey') === true ? [] : ['ip'])].map((name) => [
            name,
            event.get(name) as unknown,
          ]),
        ),
      }));
    },
    { requireUser: true },
  );
}
