/**
 * Faults on demand: a plan is asked at every request, before anything else is done with it, and may name what shall go
 * wrong. A fault either takes the place of the answer, or spoils the answer that the request would have got.
 */
import type { Operation } from "./operation.ts";

/** What a plan is told of a request. */
export interface FaultableRequest {
  readonly operation: Operation;
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** How many requests of this operation came so far, this one included. */
  readonly nth: number;
}

/** What shall go wrong with a request: instead of its answer, or with the answer it would have got. */
export type Fault =
  /** An error document instead of the answer; status and message are those of `code` where COS has it, else 500. */
  | {
      readonly kind: "error";
      readonly code: string;
      readonly status?: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** HTTP 200 with an error document (documented for copy and Complete Multipart Upload). `after`: the request was carried out all the same. */
  | { readonly kind: "error-with-200"; readonly code: string; readonly after?: boolean }
  /** HTTP 200 with a picture that is not the object (the "4xx image setting"). */
  | { readonly kind: "placeholder" }
  /** The connection is reset: before the request is carried out, or after it, with no answer. */
  | { readonly kind: "reset"; readonly when: "before" | "after" }
  /** The answer's head and `afterBytes` of its body arrive, then the connection is reset. */
  | { readonly kind: "reset-body"; readonly afterBytes: number }
  /**
   * The body ends after `bytes`: `announced` whole, so that the connection closes too early; or `adjusted`, a reply that
   * is whole in itself and only shorter than the object.
   */
  | { readonly kind: "truncate"; readonly bytes: number; readonly contentLength: "announced" | "adjusted" }
  /** One bit of the byte at `offset` (from the end where negative) is turned. */
  | { readonly kind: "flip"; readonly offset: number }
  /** The body comes in pieces of `bytes`, with `ms` on the emulator's clock before each. */
  | { readonly kind: "slow"; readonly bytes: number; readonly ms: number }
  /** The head and `afterBytes` of the body come, then nothing more, until either side closes. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** Nothing for `ms` on the emulator's clock, then the answer. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Nothing at all, until either side closes. */
  | { readonly kind: "hang" }
  /** The emulator's clock is off by `ms` for this request: its Date header, and what it thinks of the signature. */
  | { readonly kind: "clock-skew"; readonly ms: number }
  /** The answer with headers set, or taken away where null; any case. */
  | { readonly kind: "headers"; readonly set: Readonly<Record<string, string | null>> };

/** Undefined: nothing goes wrong. Several faults apply in their order. */
export type FaultPlan = (request: FaultableRequest) => Fault | readonly Fault[] | undefined;

/** Plans of what shall go wrong; the emulator asks them at every request. */
export interface Faults {
  /** Adds a plan; the first that names a fault for a request rules. Returns what takes it away again. */
  use(plan: FaultPlan): () => void;
  /** `fault` on the next `times` requests for which `when` is true (all requests where it is not given). */
  next(times: number, fault: Fault | readonly Fault[], when?: (request: FaultableRequest) => boolean): () => void;
  clear(): void;
  /** For the emulator itself. */
  for(request: FaultableRequest): readonly Fault[];
}

const none: readonly Fault[] = [];

export function createFaults(): Faults {
  const plans = new Set<FaultPlan>();
  const use = (plan: FaultPlan) => {
    plans.add(plan);
    return () => void plans.delete(plan);
  };
  return {
    use,
    next(times, fault, when = () => true) {
      let left = times;
      const plan: FaultPlan = (request) => {
        if (left <= 0 || !when(request)) return undefined;
        left--;
        if (left === 0) plans.delete(plan);
        return fault;
      };
      return use(plan);
    },
    clear: () => plans.clear(),
    for(request) {
      for (const plan of plans) {
        const named = plan(request);
        if (named === undefined) continue;
        return Array.isArray(named) ? (named as readonly Fault[]) : [named as Fault];
      }
      return none;
    },
  };
}
