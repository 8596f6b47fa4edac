/** Which proof the knowledge of a row allows. Pure. */
import type { ObjectInfo } from "../../objects/bucket.ts";
import type { Proof } from "../../vocabulary/outcome.ts";
import { chooseProof } from "../proof/choose-proof.ts";
import { namesObject } from "../proof/identity.ts";
import type { Knowledge, Rules } from "./knowledge.ts";

/** The proof that what is known of the original allows. Content-MD5 can't cover a multipart upload. */
export function provable(knowledge: Knowledge, rules: Rules): Proof | undefined {
  const { expectation, md5 } = knowledge;
  const trustMd5 = (expectation.size ?? 0) <= rules.putLimit && md5 === "fit" && rules.trustsMd5();
  return chooseProof(expectation, rules.options.proof, trustMd5);
}

/** The same of what `reply` brought: a length proves nothing of a reply that does not say which object it brings. */
export function provableOf(reply: ObjectInfo, knowledge: Knowledge, rules: Rules): Proof | undefined {
  const proof = provable(knowledge, rules);
  return proof === "size" && !namesObject(reply) ? undefined : proof;
}

/** Is there too little to prove by, or no length to announce? */
export function lacksProof(knowledge: Knowledge, rules: Rules, reply: ObjectInfo): boolean {
  return provableOf(reply, knowledge, rules) === undefined || (knowledge.expectation.size ?? reply.size) === undefined;
}
