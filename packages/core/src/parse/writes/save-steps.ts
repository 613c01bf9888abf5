import type { StagedSave } from '../../account/ports.js';
import { everyStep } from '../../error/every-step.js';
import { FactorError } from '../../error/factor-error.js';
import { withParseErrors } from '../parse-errors.js';
import { parseGlobal } from '../parse-types.js';

/** Runs the steps before a write, the write, and the steps after it. If the write fails, the steps before it are undone. */
export async function withSteps<Result>(saves: readonly StagedSave[], write: () => Promise<Result>): Promise<Result> {
  const result = await prepared(saves, write);
  const after = saves.toReversed().map(
    (save) => () => withParseErrors(save.emit, async () => save.after?.()), // each runs, whatever another one throws
  );
  await everyStep(after);
  return result;
}

function prepared<Result>(saves: readonly StagedSave[], write: () => Promise<Result>): Promise<Result> {
  const [first, ...others] = saves;
  if (first === undefined) return write();
  return withParseErrors(first.emit, async () => {
    await first.before?.();
    try {
      return await prepared(others, write);
    } catch (fault) {
      await first.undo?.();
      throw fault;
    }
  });
}

/** Turns errors of plans into `Parse.Error`. Parse Server's own errors pass unchanged. */
export async function asServerErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (fault) {
    throw fault instanceof FactorError ? new (parseGlobal().Error)(fault.parseCode, fault.message) : fault;
  }
}
