/**
 * The order in which a bucket lists its keys: that of their UTF-8 bytes, computed on JavaScript strings. The two orders differ
 * in one place: a surrogate (a character above U+FFFF) is below U+E000 to U+FFFF as a code unit, and above them as UTF-8.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800 && isSurrogate(x) !== isSurrogate(y)) return isSurrogate(x) ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number) => unit <= 0xdfff;
