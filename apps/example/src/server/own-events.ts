import type ParseSdk from 'parse/node';

const SHOWN = 20;

/**
 * The Cloud function `ownEvents`: what happened to the factors of whoever asks, latest first. The event log itself
 * is closed to all but the master key.
 */
export function defineOwnEvents(Parse: typeof ParseSdk): void {
  Parse.Cloud.define(
    'ownEvents',
    async ({ user }) => {
      if (user === undefined) return []; // the master key
      const query = new Parse.Query('FactorEvent')
        .equalTo('userId', user.id)
        .descending('at')
        .addDescending('createdAt')
        .limit(SHOWN);
      const events = await query.find({ useMasterKey: true });
      return events.map((event) => ({
        id: event.id,
        ...Object.fromEntries(
          ['type', 'factor', 'purpose', 'ip', 'at', 'reason'].map((name) => [name, event.get(name) as unknown]),
        ),
      }));
    },
    { requireUser: true },
  );
}
