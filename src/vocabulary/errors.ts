import type { Code } from "./codes/catalogue.ts";

/**
 * Errors that people read. Each message is one sentence: what was being done, to which key or setting, with the
 * offending value, and what to do. `code` is stable, for programs.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly code: Code;
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Credentials or permission were refused before work began (exit code 6). */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whatever was thrown, as an Error; called once, at the boundary where it is caught. */
export function ensureError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(`a value that is no Error was thrown: ${String(thrown)}`, { cause: thrown });
}

/** Quotes a value for a message: JSON, at most 120 characters. */
export function quote(value: unknown): string {
  const text = textOf(value);
  return text.length <= 120 ? text : `${text.slice(0, 117)}…`;
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // Nested deeper than the stack, or in a circle.
    return "what can't be shown";
  }
}
