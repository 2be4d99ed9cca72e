/* The receipt's checksum and the text's form, as in assessments/versions.py.
   Adler-32 of the UTF-8 bytes: no Web Crypto exists on plain HTTP. */

const MODULUS = 65521;

/* LF line ends; NUL and lone surrogates become U+FFFD, as a form would send them. */
export function normalised(text) {
  return text.replace(/\r\n?/g, "\n").replace(/[\0\ud800-\udfff]/gu, "\ufffd");
}

export function checksum(text) {
  let low = 1;
  let high = 0;
  for (const byte of new TextEncoder().encode(text)) {
    low = (low + byte) % MODULUS;
    high = (high + low) % MODULUS;
  }
  const hex = (part) => part.toString(16).padStart(4, "0");
  return hex(high) + hex(low);
}

/* In code points, as the server counts. */
export function length(text) {
  let points = 0;
  for (const _sign of text) points += 1;
  return points;
}
