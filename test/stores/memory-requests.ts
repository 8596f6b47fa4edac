/** The door of a bucket in memory: every request is logged and asks the hook what shall go wrong with it. */
import type { Clock } from "../../src/vocabulary/clock.ts";
import {
  aborted,
  connectionReset,
  type Fault,
  type OnRequest,
  type RequestType,
  type SeenRequest,
  whatOf,
} from "./bucket-fault.ts";

export interface MemoryRequests {
  readonly log: SeenRequest[];
  onRequest(hook: OnRequest | undefined): void;
  /** Logs the request; throws what refuses it, else resolves with what shall go wrong later. */
  arrive(
    type: RequestType,
    key: string,
    details: Partial<SeenRequest>,
    signal: AbortSignal | undefined,
  ): Promise<readonly Fault[]>;
  /** Throws where the answer gets lost. */
  leave(faults: readonly Fault[], type: RequestType, key: string): void;
  count(type: RequestType, key?: string): number;
}

export function createMemoryRequests(
  name: string,
  clock: Pick<Clock, "now" | "sleep">,
  first: OnRequest | undefined,
): MemoryRequests {
  let hook = first;
  const log: SeenRequest[] = [];
  const counts = new Map<RequestType, number>();
  return {
    log,
    onRequest: (next) => {
      hook = next;
    },
    async arrive(type, key, details, signal) {
      const what = whatOf(name, type, key);
      if (signal?.aborted) throw aborted(what);
      const nth = (counts.get(type) ?? 0) + 1;
      counts.set(type, nth);
      const request: SeenRequest = { headers: {}, ...details, type, key, nth, at: clock.now() };
      log.push(request);
      const named = await hook?.(request);
      const faults = named === undefined ? [] : Array.isArray(named) ? (named as readonly Fault[]) : [named as Fault];
      for (const fault of faults) {
        if (fault.kind === "delay") await clock.sleep(fault.ms, signal);
        if (fault.kind === "refuse") throw fault.error;
      }
      if (signal?.aborted) throw aborted(what);
      return faults;
    },
    leave(faults, type, key) {
      if (faults.some((fault) => fault.kind === "lose-answer")) throw connectionReset(whatOf(name, type, key));
    },
    count: (type, key) => log.filter((seen) => seen.type === type && (key === undefined || seen.key === key)).length,
  };
}
