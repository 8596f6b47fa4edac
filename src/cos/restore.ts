/** POST Object restore (document 436/12633): what lies in an archive class is made readable for some days. */
import { createHash } from "node:crypto";
import type { Bucket } from "../objects/bucket.ts";
import type { Query } from "./exchange/request-target.ts";
import type { Send } from "./exchange/send.ts";

export function createRestore(send: Send): Required<Pick<Bucket, "restore">> {
  return {
    restore(key, { days, tier, versionId, contentMd5, signal }) {
      const body = Buffer.from(
        `<RestoreRequest>${days === undefined ? "" : `<Days>${days}</Days>`}<CASJobParameters><Tier>${tier}</Tier></CASJobParameters></RestoreRequest>`,
      );
      const md5 = contentMd5 ?? createHash("md5").update(body).digest("base64");
      const query: Query = versionId === undefined ? restore : [...restore, ["versionId", versionId]];
      const headers = { "content-type": "application/xml", "content-md5": md5 };
      return send({ method: "POST", key, query, headers, body, bufferUpTo: "whole", signal }, ({ status }) =>
        status === 202 ? "begun" : "restored",
      );
    },
  };
}

const restore: Query = [["restore", ""]];
