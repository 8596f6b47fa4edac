/** The keys of an invocation, as SCF's context tells them. Would catch: an instance that signs with those it began with, hours ago. */
import { describe, expect, test } from "vitest";
import { takeCredentials } from "../../../src/runtime/function/scf-credentials.ts";

const before = { TENCENTCLOUD_SECRETID: "id-1", TENCENTCLOUD_SECRETKEY: "key-1", TENCENTCLOUD_SESSIONTOKEN: "token-1" };
const now = { TENCENTCLOUD_SECRETID: "id-2", TENCENTCLOUD_SECRETKEY: "key-2", TENCENTCLOUD_SESSIONTOKEN: "to=ken=2" };
const told = (variables: object) => JSON.stringify({ SCF_NAMESPACE: "default", ...variables });

describe("the keys of an invocation", () => {
  test.each<[string, object, object]>([
    ["as JSON go before those of the process", { environment: told(now) }, now],
    [
      "as pairs do too",
      {
        environ: Object.entries({ SCF_NAMESPACE: "default", ...now })
          .map((pair) => pair.join("="))
          .join(";"),
      },
      now,
    ],
    [
      "that are not whole change nothing",
      { environment: told({ ...now, TENCENTCLOUD_SESSIONTOKEN: undefined }) },
      before,
    ],
    [
      "that are empty change nothing",
      { environment: told({ ...now, TENCENTCLOUD_SECRETKEY: "" }), environ: "" },
      before,
    ],
    ["that are not told change nothing", { environment: "null", environ: 5 }, before],
    ["of no context change nothing", {}, before],
  ])("%s", (_what, context, expected) => {
    const environment: Record<string, string | undefined> = { ...before, OTHER: "stays" };
    takeCredentials(context, environment);
    expect(environment).toEqual({ ...expected, OTHER: "stays" });
  });
});
