/** What a probe is given. */
import type { CiBinding } from "../../../cos/ci-binding.ts";
import type { ExactReplies } from "../../../cos/exact-reply.ts";
import type { OriginProtect } from "../../../cos/origin-protect.ts";
import type { SmartCompression } from "../../../cos/smart-compression.ts";
import type { Bucket } from "../../../objects/bucket.ts";
import type { Clock, Random } from "../../../vocabulary/clock.ts";
import type { Place } from "../../messages/messages.ts";

/** Where an image is copied to. */
export type CopyTarget = Bucket & ExactReplies;

export type ProbedBucket = Bucket &
  Pick<OriginProtect, "getOriginProtect"> &
  SmartCompression &
  CiBinding &
  ExactReplies;

export interface Probed {
  readonly bucket: ProbedBucket;
  readonly prefix: string;
  /** Where the copy goes; absent where it can't be tried, and why. */
  readonly copies: { readonly bucket: CopyTarget; readonly ledger: Place } | { readonly why: string };
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly random: Random;
  /** Once it aborts, nothing more is asked but what puts the copy in order. */
  readonly signal?: AbortSignal | undefined;
  /** Told of the copy that is there from now on, and of nothing once it is deleted: for whoever is ended before that. */
  readonly holdsCopy?: ((key: string | undefined) => void) | undefined;
  /** Told of what could not be deleted. */
  readonly leftBehind: (sentence: string) => void;
}
