import type { Document } from './value.js';

/** A failure that the stand-in answers like MongoDB: a number, its name, and a sentence. */
export class CommandError extends Error {
  /** @param details further fields of the answer, such as `keyPattern` and `keyValue` */
  constructor(
    readonly code: number,
    readonly codeName: string,
    message: string,
    readonly details: Document = {},
  ) {
    super(message);
  }

  /** The fields of the error as one entry of `writeErrors`. */
  toWriteError(index: number): Document {
    return { index, code: this.code, errmsg: this.message, ...this.details };
  }

  /** The whole answer to a command that failed. */
  toReply(): Document {
    return { ok: 0, errmsg: this.message, code: this.code, codeName: this.codeName, ...this.details };
  }
}
