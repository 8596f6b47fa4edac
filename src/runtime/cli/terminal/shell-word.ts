/** Words of a command that people copy into their shell: quoted as POSIX shells read them. */

const plain = /^[\w:/.@%+,-]+$/;

export const shellWord = (word: string): string => (plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(" ");
