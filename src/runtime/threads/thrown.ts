/** Errors on their way from one thread to another: a clone would keep the message and lose what the program decides by. */
import { CosError, type CosErrorDetails } from "../../objects/error.ts";
import { RefusedError, UserError } from "../../vocabulary/errors.ts";

export type ThrownData =
  | { readonly kind: "user" | "refused"; readonly code: string; readonly message: string }
  | { readonly kind: "cos"; readonly message: string; readonly details: CosErrorDetails }
  | { readonly kind: "other"; readonly name: string; readonly message: string; readonly stack: string | undefined };

export function thrownData(error: Error): ThrownData {
  const { message } = error;
  if (error instanceof UserError) return { kind: "user", code: error.code, message };
  if (error instanceof RefusedError) return { kind: "refused", code: error.code, message };
  if (error instanceof CosError) {
    const { code, status, errNo, requestId, retryable, throttled, retryAfterMs, clockSkewMs } = error;
    return {
      kind: "cos",
      message,
      details: { code, status, errNo, requestId, retryable, throttled, retryAfterMs, clockSkewMs },
    };
  }
  return { kind: "other", name: error.name, message, stack: error.stack };
}

export function thrownError(thrown: ThrownData): Error {
  switch (thrown.kind) {
    case "user":
      return new UserError(thrown.code, thrown.message);
    case "refused":
      return new RefusedError(thrown.code, thrown.message);
    case "cos":
      return new CosError(thrown.message, thrown.details);
    case "other": {
      const error = new Error(thrown.message);
      error.name = thrown.name;
      if (thrown.stack !== undefined) error.stack = thrown.stack;
      return error;
    }
  }
}
