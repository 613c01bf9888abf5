import { escapeHtml } from '../../validation/escape-html.js';

const MAX_LENGTH = 64;

/**
 * Returns a text that a user may have chosen, for one line of Parse Dashboard: 64 characters at most, and `?` for characters
 * that are invisible or change the direction of writing.
 */
export function plainText(text: string): string {
  const characters = [...text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')];
  return characters.length <= MAX_LENGTH ? characters.join('') : `${characters.slice(0, MAX_LENGTH - 1).join('')}…`;
}

/**
 * The same for a view. Parse Dashboard does not promise to escape the values of views (cross-site scripting, CWE-79), so they
 * hold no HTML.
 */
export const escapedText = (text: string): string => escapeHtml(plainText(text));

/** Returns a time as operators read it, such as `2026-11-27 10:00 UTC`. @param time epoch milliseconds, or ISO 8601 */
export function readableTime(time: number | string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
