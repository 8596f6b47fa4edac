/**
 * The order of UTF-8 bytes, computed on UTF-16 strings. The two differ in one place: a surrogate (a character above
 * U+FFFF) sorts below U+E000…U+FFFF as a code unit, and above it as UTF-8.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) {
      if (x >= 0xd800 && y >= 0xd800) {
        const xIsSurrogate = x <= 0xdfff;
        if (xIsSurrogate !== y <= 0xdfff) return xIsSurrogate ? 1 : -1;
      }
      return x - y;
    }
  }
  return a.length - b.length;
}
