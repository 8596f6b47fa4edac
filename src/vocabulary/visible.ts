/**
 * What would steer whoever shows a text is shown as its escape, `\u001b`: control characters, line ends among them, and what turns the
 * direction of writing. Keys and what services say are data: a text that people see is written through this, one line at a time. In
 * JSON the escape means the character itself, so that who parses it gets the same key.
 */
export function visible(line: string): string {
  return steering.test(line) ? line.replaceAll(everySteering, escapeOf) : line;
}

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: these are the ones to be shown
const steering = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const everySteering = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: these are the ones to be shown

const escapeOf = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
