/** Limits of the service that more than one room knows, each spelt once. */

/** An object key has 1 to 850 bytes of UTF-8 and begins with neither `/` nor `\\` (document 436/13324). */
export const maxKeyBytes = 850;
