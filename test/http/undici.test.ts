import { createUndiciHttp } from "../../src/http/undici.ts";
import { conformance } from "./conformance.ts";

conformance("undici's client", createUndiciHttp);
