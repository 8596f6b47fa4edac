import { describe } from "vitest";
import { createUndiciHttp } from "../../src/http/undici.ts";
import { quick } from "../setup/quick.ts";
import { conformance } from "./conformance.ts";

describe.skipIf(quick)("of undici", () => conformance("undici's client", createUndiciHttp));
