/** The folder of whoever runs this, where the tools of both clouds keep their files. */
import { homedir } from "node:os";
import type { Environment } from "../credentials.ts";

export const homeOf = (environment: Environment): string =>
  environment.HOME?.trim() || environment.USERPROFILE?.trim() || homedir();
