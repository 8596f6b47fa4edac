/** Which proof the knowledge of a row allows. Pure. */
import type { ObjectInfo } from "../../objects/bucket.ts";
import type { Proof } from "../../vocabulary/outcome.ts";
import { chooseProof } from "../proof/choose-proof.ts";
import type { Knowledge, Rules } from "./knowledge.ts";

/** The proof that what is known of the original allows. Content-MD5 can't cover a multipart upload. */
export function provable(knowledge: Knowledge, rules: Rules): Proof | undefined {
  const { expectation, md5 } = knowledge;
  const trustMd5 = (expectation.size ?? 0) <= rules.putLimit && md5 === "fit" && rules.trustsMd5();
  return chooseProof(expectation, rules.options.proof, trustMd5);
}

/** Is there too little to prove by, or no length to announce? */
export function lacksProof(knowledge: Knowledge, rules: Rules, reply: ObjectInfo): boolean {
  return provable(knowledge, rules) === undefined || (knowledge.expectation.size ?? reply.size) === undefined;
}
