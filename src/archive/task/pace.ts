import type { BodySource } from "../../objects/bucket.ts";

/** What is told of a task that ended well. */
export interface SucceededTask {
  /** Bytes that were moved; undefined where nobody knows. */
  readonly size: number | undefined;
  /** When its try began, ms by the clock's `elapsed`. */
  readonly begunAt: number;
}

/** What a task asks of, and tells, whoever says how fast its process works (archive/shard/pace/pace.ts). */
export interface TaskPace {
  /** How long the next try that fetches would have to wait if it came now, in milliseconds. */
  waitMs(): number;
  /** Undefined where the next try may begin at once; else resolves once it may, or once `signal` aborts. */
  beforeTry(signal?: AbortSignal): Promise<void> | undefined;
  /**
   * The same, of a source fetch in a try that has begun.
   * @param bytes that it will bring all at once: their time comes before it, or they would come as fast as the line is and then wait, paid for
   */
  beforeFetch(signal?: AbortSignal, bytes?: number): Promise<void> | undefined;
  /** The same, of a restore of the source: far fewer of them may be asked for than fetches. */
  beforeRestore(signal?: AbortSignal): Promise<void> | undefined;
  /** Is there a limit to the bytes that come? */
  readonly limitsBytes: boolean;
  /**
   * So many bytes of originals came: undefined where the next may at once, else resolves once they may, or once `signal` aborts. Below 0: so
   * many that a fetch waited for did not come.
   */
  received(bytes: number, signal?: AbortSignal): Promise<void> | undefined;
  /** A row waits for so long before it is tried again. Returns what is to be called once it does. */
  waitsToRetry(ms: number): () => void;
  /** A try got an answer, and it was not that requests come too fast. */
  answered(): void;
  /**
   * A try succeeded: it was answered, and there may be more at once.
   * @param task where how long it took says something of others
   */
  succeeded(task?: SucceededTask): void;
  /**
   * A request was refused for coming too fast: fewer at once, none for a while, and then no faster than the service can take.
   * @param sentAt of the request, ms by the clock's `elapsed`
   */
  throttled(sentAt: number, retryAfterMs?: number): void;
  /** A request failed as it does where too much is asked of a service at once, for want of an answer in time: fewer at once. */
  strained(): void;
  /** The process could open no more connections: fewer at once, and no more than those for a while. */
  scarce(): void;
}

/** The bytes of a large original, no faster than --bwlimit lets this process have them. The source itself where nothing limits it. @param signal ends the waits */
export function pacedBody(
  source: BodySource,
  pace: Pick<TaskPace, "limitsBytes" | "received">,
  signal: AbortSignal | undefined,
): BodySource {
  if (!pace.limitsBytes) return source;
  async function* paced(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      const turn = pace.received(chunk.length, signal);
      if (turn !== undefined) await turn;
      yield chunk;
    }
  }
  return Object.assign(paced(), { release: (chunk: Uint8Array) => source.release?.(chunk) });
}
