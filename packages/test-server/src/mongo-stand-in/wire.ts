import { deserialize, serialize } from 'bson';
import { asDocument, type Document } from './value.js';

const HEADER_LENGTH = 16;
const OP = { reply: 1, query: 2004, message: 2013 } as const;
const FLAG = { checksumPresent: 1, moreToCome: 2 } as const;

/** One request of a client. */
export interface WireRequest {
  readonly command: Document;
  /** Returns the bytes of an answer, or `undefined` if the client wants none. */
  encode(answer: Document): Buffer | undefined;
}

/** Puts the chunks of a connection together and gives each whole message to the callback. */
export function messageReader(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER_LENGTH && pending.length >= pending.readInt32LE(0)) {
      const length = pending.readInt32LE(0);
      const message = pending.subarray(0, length);
      pending = pending.subarray(length);
      onMessage(message);
    }
  };
}

function withHeader(request: Buffer, opCode: number, ...parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeInt32LE(HEADER_LENGTH + parts.reduce((length, part) => length + part.length, 0), 0);
  header.writeInt32LE(request.readInt32LE(4), 8); // the answer names the request
  header.writeInt32LE(opCode, 12);
  return Buffer.concat([header, ...parts]);
}

/** OP_QUERY, with which a driver says hello before it knows that the server speaks OP_MSG. */
function decodeQuery(message: Buffer): WireRequest {
  const endOfName = message.indexOf(0, HEADER_LENGTH + 4);
  const $db = message.toString('utf8', HEADER_LENGTH + 4, endOfName).split('.')[0];
  const command = { ...deserialize(message.subarray(endOfName + 9)), $db };
  const fixed = Buffer.alloc(20);
  fixed.writeInt32LE(8, 0);
  fixed.writeInt32LE(1, 16);
  return { command, encode: (answer) => withHeader(message, OP.reply, fixed, serialize(answer)) };
}

function readDocuments(section: Buffer): Document[] {
  const documents: Document[] = [];
  for (let at = 0; at < section.length; at += section.readInt32LE(at)) {
    documents.push(deserialize(section.subarray(at, at + section.readInt32LE(at))));
  }
  return documents;
}

/** OP_MSG: one section with the command, and sections with the documents of one of its fields. */
function decodeMessage(message: Buffer): WireRequest {
  const flags = message.readUInt32LE(HEADER_LENGTH);
  const end = message.length - ((flags & FLAG.checksumPresent) === 0 ? 0 : 4);
  let command: Document = {};
  const sequences: Document = {};
  let at = HEADER_LENGTH + 4;
  while (at < end) {
    const start = at + 1;
    const stop = start + message.readInt32LE(start);
    if (message[at] === 0) command = asDocument(deserialize(message.subarray(start, stop)));
    else {
      const endOfName = message.indexOf(0, start + 4);
      sequences[message.toString('utf8', start + 4, endOfName)] = readDocuments(message.subarray(endOfName + 1, stop));
    }
    at = stop;
  }
  const isSilent = (flags & FLAG.moreToCome) !== 0;
  const encode = (answer: Document): Buffer | undefined =>
    isSilent ? undefined : withHeader(message, OP.message, Buffer.alloc(5), serialize(answer, { ignoreUndefined: true }));
  return { command: { ...command, ...sequences }, encode };
}

/** Decodes a message; `undefined` for one of a kind that MongoDB no longer has either. */
export function decode(message: Buffer): WireRequest | undefined {
  const opCode = message.readInt32LE(12);
  if (opCode === OP.query) return decodeQuery(message);
  return opCode === OP.message ? decodeMessage(message) : undefined;
}
