/**
 * The role's temporary keys, as SCF tells them with each invocation: `context.environment` is JSON of variables, `context.environ` the same as
 * `NAME=value;NAME=value` (document 583/9210). An instance lives for hours and its keys six at most, and whether the platform changes the
 * variables of a living process is not documented. So those of the invocation at hand go before those that the process began with.
 */
const names = ["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"] as const;

interface Told {
  readonly environment?: unknown;
  readonly environ?: unknown;
}

/** Puts them into `environment`, where whoever signs reads them anew. What the context does not tell whole stays as it is. */
export function takeCredentials(context: Told, environment: Record<string, string | undefined>): void {
  for (const told of [context.environment, context.environ]) {
    const variables = typeof told === "string" ? variablesIn(told) : new Map();
    const values = names.map((name) => variables.get(name));
    if (!values.every((value) => typeof value === "string" && value !== "")) continue;
    for (const [at, name] of names.entries()) environment[name] = values[at];
    return;
  }
}

function variablesIn(text: string): ReadonlyMap<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(text) ?? {}));
  } catch {
    return new Map(text.split(";").map((pair) => [pair.split("=", 1)[0] ?? "", pair.slice(pair.indexOf("=") + 1)]));
  }
}
