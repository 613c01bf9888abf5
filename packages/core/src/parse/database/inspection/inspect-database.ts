import type { DatabaseInspection } from './database-inspection.js';
import { mongoInspection } from './mongo-inspection.js';
import type { ParseStorage } from '../parse-database.js';
import { postgresInspection } from './postgres-inspection.js';

/** Returns the inspection of Parse Server's database; undefined for another storage adapter. */
export const inspectionOf = (adapter: ParseStorage): DatabaseInspection | undefined =>
  postgresInspection(adapter) ?? mongoInspection(adapter);
