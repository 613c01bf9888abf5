import type { Runtime } from '../../account/runtime.js';
import type { DatabaseInspection } from '../database/inspection/database-inspection.js';
import { FACTOR_EVENT_CLASS } from '../database/event-log.js';
import { FACTOR_STATE_CLASS } from '../database/parse-otp-store.js';
import type { Finding } from './finding.js';

/** From how many rows on the documentation asks for an index. */
const MANY_ROWS = 200_000;

type Inspecting = Pick<Runtime, 'eventLog' | 'keepEventsMs'>;

/** Finds settings and missing indexes of the database that the factors depend on. */
export const inspectedFindings = async (inspection: DatabaseInspection, runtime: Inspecting): Promise<readonly Finding[]> =>
  (await Promise.all([lostWrites(inspection), sharedNames(inspection), missingIndexes(inspection, runtime)])).flat();

async function lostWrites({ kind, lossySettings }: DatabaseInspection): Promise<readonly Finding[]> {
  const settings = await lossySettings();
  if (settings.length === 0) return [];
  const list = settings.join(', ');
  const sentence =
    kind === 'postgres'
      ? `Postgres confirms writes that it can lose: ${list}. After a crash, a used code may work again, and a new factor may be missing. Set these to on.`
      : `MongoDB confirms writes of Parse Server that it can lose: ${list}. After a crash or a failover, a factor that was just set up may be missing. Set w=majority in databaseURI, and leave journal out.`;
  return [{ reason: 'writes_can_be_lost', factor: '', sentence }];
}

/** Parse Server looks whether a name is free before it creates a user. Only the index decides between two requests at once. */
async function sharedNames({ indexesOf }: DatabaseInspection): Promise<readonly Finding[]> {
  const indexes = await indexesOf('_User');
  const missing = ['username', 'email'].filter((field) => !indexes.some(({ first, isUnique }) => first === field && isUnique));
  if (missing.length === 0) return [];
  const sentence = `The class _User has no unique index on ${missing.join(' and ')}. Two users who sign up at the same moment can get the same value, and are then taken for each other. Rename duplicates, leave createIndexUserUsername and createIndexUserEmail of databaseOptions on, and start the server again.`;
  return [{ reason: 'users_not_unique', factor: '', sentence }];
}

async function missingIndexes(inspection: DatabaseInspection, runtime: Inspecting): Promise<readonly Finding[]> {
  const wanted: readonly (readonly [className: string, field: string])[] = [
    [FACTOR_STATE_CLASS, 'deadAt'],
    ...(runtime.keepEventsMs === undefined ? [] : [[FACTOR_EVENT_CLASS, 'at'] as const]),
    ...(runtime.eventLog ? [[FACTOR_EVENT_CLASS, 'userId'] as const] : []),
  ];
  const found = wanted.map(async ([className, field]): Promise<readonly Finding[]> => {
    const rows = await inspection.estimateRows(className);
    if (rows <= MANY_ROWS) return [];
    if ((await inspection.indexesOf(className)).some(({ first }) => first === field)) return [];
    const reader = field === 'userId' ? 'Exports of a user read' : 'The job pruneFactors reads';
    const sentence = `The class ${className} has about ${rows.toLocaleString('en')} rows and no index on ${field}. ${reader} all of them. Run: ${inspection.indexStatement(className, field)};`;
    return [{ reason: 'index_missing', factor: '', sentence }];
  });
  return (await Promise.all(found)).flat();
}
