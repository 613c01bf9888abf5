/** The alphabet of RFC 4648, section 6. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BITS = 5;

/**
 * Returns the canonical form of a Base32 secret (RFC 4648, section 6): upper case, without spaces and padding, and without bits
 * that fill no whole byte. It reads secrets like the built-in adapter, so the bytes are the same.
 */
export function canonicalBase32(text: string): string {
  const characters = text.replaceAll(' ', '').replace(/=+$/, '').toUpperCase();
  const spare = (characters.length * BITS) % 8;
  // Drops a last character that adds no whole byte. Clears the unused bits of the character before it.
  const kept = spare >= BITS ? characters.slice(0, -1) : characters;
  const unused = (kept.length * BITS) % 8;
  const last = ALPHABET.indexOf(kept.slice(-1));
  return `${kept.slice(0, -1)}${ALPHABET.charAt((last >> unused) << unused)}`;
}

/** Decodes a text in the form of {@link canonicalBase32}. */
export function decodeBase32(text: string): Uint8Array {
  const bits = [...text].map((character) => ALPHABET.indexOf(character).toString(2).padStart(BITS, '0')).join('');
  return Uint8Array.from(bits.match(/[01]{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
