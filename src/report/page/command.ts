/** A command to be typed, or copied. */
import { type Html, html } from "../html-text.ts";
import type { Words } from "../words/words.ts";

export function command(text: string | undefined, words: Words): Html {
  if (text === undefined) return html``;
  return html`<p class="command"><code>${text}</code> <button type="button" class="scripted copy" data-done="${words.copied}">${words.copy}</button></p>`;
}
