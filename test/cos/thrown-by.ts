import { BucketError } from "../../src/objects/error.ts";
import { UserError } from "../../src/vocabulary/errors.ts";

/** The BucketError that the promise rejects with; anything else fails the test. */
export async function cosErrorOf(promise: Promise<unknown>): Promise<BucketError> {
  const thrown = await promise.then(
    (value) => new Error(`resolved with ${String(value)}`),
    (error: unknown) => error,
  );
  if (thrown instanceof BucketError) return thrown;
  throw thrown;
}

/** The UserError that the function throws; anything else fails the test. */
export function userErrorOf(act: () => unknown): UserError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof UserError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}
