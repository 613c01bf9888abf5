import { FactorError } from './factor-error.js';

/** Runs the work and replaces `code_expired` with `code_rejected`. */
export async function maskExpired(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof FactorError && error.code === 'code_expired' ? new FactorError('code_rejected') : error;
  }
}
