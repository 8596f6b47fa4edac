/** How a probe asks: once more where that may help, not at all once nothing can come of it, and never taking for an answer what is none. */
import type { ExactReplies, ExactReply, ExactRequest } from "../../../cos/exact-reply.ts";
import type { BucketError } from "../../../objects/error.ts";
import { effectOf, entryOf, errNoEntry } from "../../../vocabulary/codes/catalogue.ts";
import { isPassing, tried } from "../doctor-findings.ts";
import type { Probed } from "./probed.ts";
import { type Answer, isDenial, type Known, saidOf } from "./replies.ts";
import type { Setting } from "./verdicts.ts";

/** A reply as it came, or why none did that says anything. */
export type Bare = { readonly reply: ExactReply } | { readonly unanswered: string };

export interface Asking {
  /** Of the source. */
  exact(request: ExactRequest, known?: Known): Promise<Answer>;
  source(request: ExactRequest): Promise<Bare>;
  setting<T>(request: () => Promise<T>): Promise<Setting<T>>;
  /** Why nothing more is asked; undefined while it goes on. */
  stopped(): string | undefined;
  /** The code by which the credentials were refused for good, in the middle of it. */
  refused(): string | undefined;
}

export function createAsking({ bucket, clock, signal }: Pick<Probed, "bucket" | "clock" | "signal">): Asking {
  let refused: string | undefined;
  const stopped = () => {
    if (signal?.aborted === true) return "it was interrupted";
    return refused === undefined ? undefined : `the credentials were refused meanwhile (${refused})`;
  };
  const source = async (request: ExactRequest): Promise<Bare> => {
    const why = stopped();
    if (why !== undefined) return { unanswered: why };
    const came = await askBare(bucket, { ...request, signal }, clock, signal);
    if (signal?.aborted === true && "unanswered" in came) return { unanswered: "it was interrupted" };
    if ("reply" in came) return came;
    // Of what anybody may send the credentials are no matter.
    if (came.ended !== undefined && request.unsigned !== true) refused = came.ended;
    return { unanswered: came.unanswered };
  };
  return {
    source,
    exact: async (request, known) => {
      const came = await source(request);
      return "reply" in came ? saidOf(came.reply, known, namesOf(bucket, request.key)) : came;
    },
    async setting(request) {
      const why = stopped();
      if (why !== undefined) return { unanswered: why };
      const came = await tried(request);
      return came.ok ? { is: came.value } : { unanswered: whyOf(came.error) };
    },
    stopped,
    refused: () => refused,
  };
}

type Came = { readonly reply: ExactReply } | { readonly unanswered: string; readonly ended?: string | undefined };

/** What may pass is waited for once; the clock is the service's by then (corrections follow from the first request). */
export async function askBare(
  bucket: ExactReplies,
  request: ExactRequest,
  clock: Pick<Probed["clock"], "sleep">,
  signal?: AbortSignal,
): Promise<Came> {
  const once = async (isLast: boolean): Promise<Came> => {
    const came = await tried(() => bucket.exactReply(request));
    return came.ok ? judged(came.value, isLast) : { unanswered: `no reply came (${came.error.code})` };
  };
  const isOver = () => signal?.aborted === true;
  const first = await once(false);
  if ("reply" in first || first.ended !== undefined || isOver()) return first;
  await clock.sleep(1_000, signal);
  return isOver() ? first : once(true);
}

/** A refusal for whom or when it was asked by tells nothing of what was asked; nor does a page that somebody between the two sent. */
function judged(reply: ExactReply, isLast: boolean): Came {
  const { status, headers, errNo, name } = reply;
  const known = name !== undefined && entryOf(name) !== undefined ? name : undefined;
  const again = errNoEntry(errNo);
  const effect = again?.effect ?? (known && effectOf(known));
  // Bad data are an answer, where they come again.
  if (isLast && again?.effect === "retried" && again.strain !== true && status < 500) return { reply };
  const what = again === undefined ? (known ?? String(status)) : `X-ErrNo ${errNo}`;
  if (effect === "run-halted" || status === 402) return { unanswered: `it was refused (${what})`, ended: what };
  const isOfSigning = effect === "refused" && known !== undefined && errNo === undefined && !isDenial(known);
  if (effect === "retried" || effect === "slowed" || isOfSigning || status >= 500 || status === 429) {
    return { unanswered: `it was answered ${what}` };
  }
  const isNamed = headers["x-cos-request-id"] !== undefined || headers["x-ci-request-id"] !== undefined;
  if (status < 300 && !isNamed && headers["content-type"]?.startsWith("text/html") === true) {
    return { unanswered: "something between answered with a page, in the service's place" };
  }
  return { reply };
}

/** What must not be told of a reply about this key. */
export const namesOf = ({ name, region }: { readonly name: string; readonly region: string }, key: string) => [
  key,
  name,
  name.split("-").at(-1) ?? "",
  region,
];

/** Without what an error's message names. */
function whyOf(error: BucketError): string {
  if (error.status === 403) return "it may not be asked with these credentials";
  return isPassing(error) ? `no reply came (${error.code})` : `it was answered ${error.status}`;
}
