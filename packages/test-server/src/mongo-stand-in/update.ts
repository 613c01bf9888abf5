import { CommandError } from './command-error.js';
import { applyOperators } from './operator-update.js';
import { runUpdatePipeline } from './pipeline-update.js';
import { asDocument, cloneDocument, isSame, type Document } from './value.js';

const isReplacement = (update: Document): boolean => !Object.keys(update)[0]?.startsWith('$');

function nextDocument(before: Document, update: unknown, isInsert: boolean): Document {
  if (Array.isArray(update)) return runUpdatePipeline(before, update);
  const modifiers = asDocument(update);
  if (isReplacement(modifiers)) return modifiers;
  const document = cloneDocument(before);
  applyOperators(document, modifiers, isInsert);
  return document;
}

/**
 * Computes the document after an update: a replacement, operators, or a pipeline. A replacement or pipeline that leaves out
 * `_id` keeps the one of before.
 * @param isInsert whether an upsert makes the document
 * @throws CommandError 66 if the update would change `_id`
 */
export function applyUpdate(before: Document, update: unknown, isInsert: boolean): Document {
  const { _id: id, ...fields } = nextDocument(before, update, isInsert);
  const { _id: idBefore } = before;
  if (idBefore !== undefined && id !== undefined && !isSame(id, idBefore)) {
    const message = "Performing an update on the path '_id' would modify the immutable field '_id'";
    throw new CommandError(66, 'ImmutableField', message);
  }
  const kept = id === undefined ? idBefore : id;
  return cloneDocument({ ...(kept !== undefined && { _id: kept }), ...fields });
}
