/** HTML that can't be broken out of: whatever is put into the template is escaped, unless it is HTML already. */

import { visible } from "../vocabulary/visible.ts";

export interface Html {
  readonly html: string;
}

type Content = string | number | Html | readonly Html[];

/** A template whose values are escaped; `Html` values, and lists of them, are put in as they are. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = parts[0]!;
  values.forEach((value, index) => {
    text += render(value) + parts[index + 1]!;
  });
  return { html: text };
}

function render(value: Content): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escapeHtml(value);
  if ("html" in value) return value.html;
  return value.map((part) => part.html).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters, which HTML does not take, are shown as their pictures (U+2400 and on); what turns the direction of writing, as its escape. */
function escapeHtml(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/[&<>"']/g, (character) => entities[character]!)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be shown
      .replace(/[\0-\x1f]/g, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)))
      .replace(/[\x7f-\x9f]/g, "\u2421")
      .replace(/[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, visible)
  );
}
