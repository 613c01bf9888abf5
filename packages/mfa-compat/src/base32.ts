/** The alphabet of RFC 4648, section 6. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BITS = 5;

/**
 * The one form of a secret in Base32 (RFC 4648, section 6): without spaces and padding, in capitals, and without
 * bits that make no whole byte. As the built-in adapter reads it, so the bytes are the same.
 */
export function canonicalBase32(text: string): string {
  const characters = text.replaceAll(' ', '').replace(/=+$/, '').toUpperCase();
  const spare = (characters.length * BITS) % 8;
  // A character that only begins a byte is dropped; of the last one, the bits that begin a byte are cleared.
  const kept = spare >= BITS ? characters.slice(0, -1) : characters;
  const unused = (kept.length * BITS) % 8;
  const last = ALPHABET.indexOf(kept.slice(-1));
  return `${kept.slice(0, -1)}${ALPHABET.charAt((last >> unused) << unused)}`;
}

/** The bytes of a text in the form of {@link canonicalBase32}. */
export function decodeBase32(text: string): Uint8Array {
  const bits = [...text].map((character) => ALPHABET.indexOf(character).toString(2).padStart(BITS, '0')).join('');
  return Uint8Array.from(bits.match(/[01]{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
