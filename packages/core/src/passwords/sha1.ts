import { createHash } from 'node:crypto';

/** Returns the SHA-1 hash of a password in UTF-8, as lists of breached passwords name it: 40 hexadecimal digits in upper case. */
export const sha1 = (password: string): string => createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
