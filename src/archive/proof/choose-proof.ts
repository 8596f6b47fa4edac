/** How the bytes of an original can be proven. Pure. */
import type { Proof } from "../../vocabulary/outcome.ts";
import { type Expectation, isMd5 } from "./identity.ts";

/**
 * How the bytes can be proven: the strongest that is possible and no weaker than `floor`; undefined where none is.
 * `content-md5` costs nothing here, so it is preferred, unless the floor asks for `crc64`.
 */
export function chooseProof(
  expectation: Expectation,
  floor: "auto" | "content-md5" | "crc64" | "size",
  trustMd5: boolean,
): Proof | undefined {
  const md5 = trustMd5 && isMd5(expectation.etag);
  const crc = expectation.crc64 !== undefined;
  if (floor === "content-md5") return md5 ? "content-md5" : undefined;
  if (floor === "crc64") return crc ? "crc64" : md5 ? "content-md5" : undefined;
  if (md5) return "content-md5";
  if (crc) return "crc64";
  return floor === "size" && expectation.size !== undefined ? "size" : undefined;
}

const MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e";

/** How the bytes of an empty original are proven. */
export function proofOfNothing({ crc64, etag }: Expectation): Proof {
  if (crc64 === "0") return "crc64";
  return etag?.toLowerCase() === MD5_OF_NOTHING ? "content-md5" : "size";
}
