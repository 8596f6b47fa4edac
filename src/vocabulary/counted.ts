/** Numbers and nouns that agree, as people read them. */

/** `1,234,567`, `286.3`; three decimals at most. By hand: the first number that Intl writes takes a process ten milliseconds. */
export function formatCount(count: number): string {
  const rounded = Number.isInteger(count) ? count : Number(count.toFixed(3));
  const [whole = "", decimals] = String(rounded).split(".");
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return decimals === undefined ? grouped : `${grouped}.${decimals}`;
}

/** `1 row`, `2,000 rows`, `0 rows`. The noun is given as of one: `failed row`, `retry`, `process`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${nounOf(count, noun)}`;
}

/** The same without the number, which is said otherwise: `row`, `rows`. */
export function nounOf(count: number, noun: string): string {
  if (count === 1) return noun;
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** A verb that agrees: `is` of one, else `are`. */
export const verbOf = (count: number, ofOne: string, ofMany: string): string => (count === 1 ? ofOne : ofMany);
