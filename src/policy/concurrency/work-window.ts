/**
 * What some tasks at once bring: the throughput of one number of tasks, by which another is judged. In constant memory; told of each task that
 * ends, and read once enough of those that began under this number have ended.
 *
 * By Little's law throughput is tasks at once ÷ what one takes. How long tasks take says how much is done without waiting for the large ones to
 * end, and can be compared over mixes of sizes: each is measured against what tasks of its size took before, so that a window that happened to
 * bring large originals is not taken for a slow one. Sizes fall into classes of powers of two; of each the usual time is kept, by which
 * originals and bytes count alike.
 */
const CLASSES = 48;
/** Of those that ended, as many may have run beside fewer others than there was room for. */
const THIN = 0.25;
const FULL = 0.85;
/** Of the time of all places: or only the small ones of a mix would have ended, while the large ones hold most of the places. */
const COVERED = 0.3;
/** So many times the tasks that were to end, and it is covered as far as it will be. */
const LONG_ENOUGH = 16;
/** New places are taken for settled while so many of their first tasks are under way still: the large ones of a mix, say. */
const LEFT_BEHIND = 0.1;
/** So many times the places have ended, and what is missing of those first tasks failed. */
const TURNS = 4;
/** Tasks of a class after which its usual time moves by half towards what it is now. */
const REMEMBERED = 512;
/** Tasks over which a mean is taken. */
const LATELY = 64;
/** What is taken for the size of what tells none. */
const UNKNOWN_SIZE = 1024 * 1024;

/** How a window ended. */
export type Measured =
  | { readonly kind: "open" }
  /** There were too few tasks to keep all places busy, or they were held back by something else: nothing can be said. */
  | { readonly kind: "void" }
  /** In units of its own: only to be compared with another of the same process. */
  | { readonly kind: "told"; readonly throughput: number };

export interface WorkWindow {
  /**
   * From now on `limit` tasks run at once. What began before says nothing about it; nor do those that begin together to fill the new places:
   * each of them finds fewer before it than those that come later, and opens connections first, whose handshakes hold up all the others. So
   * it is measured once they have ended.
   * @param tasks as many of those that began in it have to end
   */
  begin(limit: number, tasks: number, leastMs: number): void;
  /** A task begins. */
  begins(): void;
  /**
   * A task ended well. Times in ms by the clock's `elapsed`.
   * @param running tasks that ran when it ended, itself included
   * @returns what is measured begins now
   */
  ended(task: { readonly size: number | undefined; readonly begunAt: number }, running: number, now: number): boolean;
  /** Something else than the number of tasks held one back. */
  heldBack(): void;
  /** A task had to wait for its fetch, which is none of the time that it takes; 0 where it had not. */
  waited(ms: number): void;
  measured(now: number): Measured;
  /** What a task takes lately, in ms, without what it waited: a mean over all of them; undefined until one has ended. */
  usualMs(): number | undefined;
}

const classOf = (size: number) => Math.min(CLASSES - 1, Math.floor(Math.log2(size + 1)));

export function createWorkWindow(): WorkWindow {
  /** Of each class: what its tasks take where all goes as it did in the first window. */
  const usual = new Float64Array(CLASSES);
  const counts = new Uint32Array(CLASSES);
  const times = new Float64Array(CLASSES);
  let limit = 0;
  let enough = 1;
  let leastMs = 0;
  /** Undefined until the first tasks of the new places have ended. */
  let begunAt: number | undefined;
  let toFill = 0;
  /** When those first tasks began: from, and until when. */
  let fillFrom = 0;
  let fillTo: number | undefined;
  /** Of them those that have not ended; when it is measured. */
  let filling = 0;
  let settledAt = 0;
  let turned = 0;
  let lastEnd = 0;
  let ended = 0;
  let took = 0;
  let thin = 0;
  let held = 0;
  let mean: number | undefined;
  let waits = 0;

  /** How many times the usual it took; the usual is what it took where nothing is known yet. */
  const slowness = (): number => {
    let took = 0;
    let expected = 0;
    for (let n = 0; n < CLASSES; n++) {
      const known = usual[n] ?? 0;
      if (known === 0) continue;
      took += times[n] ?? 0;
      expected += known * (counts[n] ?? 0);
    }
    return expected === 0 ? 1 : took / expected;
  };
  const learn = (slow: number) => {
    for (let n = 0; n < CLASSES; n++) {
      const count = counts[n] ?? 0;
      if (count === 0) continue;
      const now = (times[n] ?? 0) / count / slow;
      const known = usual[n] ?? 0;
      usual[n] = known === 0 ? now : known + ((now - known) * count) / (count + REMEMBERED);
    }
  };

  return {
    begin(places, tasks, least) {
      toFill = Math.max(0, places - limit);
      filling = toFill;
      settledAt = LEFT_BEHIND * toFill;
      fillFrom = lastEnd;
      fillTo = undefined;
      turned = 0;
      limit = places;
      enough = tasks;
      leastMs = least;
      begunAt = undefined;
      ended = 0;
      took = 0;
      thin = 0;
      held = 0;
      counts.fill(0);
      times.fill(0);
    },
    begins() {
      toFill--;
    },
    ended({ size, begunAt: at }, running, now) {
      const ms = Math.max(0.5, now - at);
      mean = mean === undefined ? ms : mean + (ms - mean) / LATELY;
      lastEnd = now;
      if (begunAt === undefined) {
        if (toFill <= 0) fillTo ??= now;
        if (at >= fillFrom && (fillTo === undefined || at < fillTo || at === fillFrom)) filling--;
        if (fillTo === undefined) return false;
        turned++;
        if (filling > settledAt && turned < TURNS * limit) return false;
        begunAt = now;
        return true;
      }
      if (at < begunAt) return false;
      ended++;
      took += ms;
      if (running < FULL * limit) thin++;
      const of = classOf(size ?? UNKNOWN_SIZE);
      counts[of] = (counts[of] ?? 0) + 1;
      times[of] = (times[of] ?? 0) + ms;
      return false;
    },
    heldBack() {
      held++;
    },
    measured(now) {
      if (begunAt === undefined || ended < enough || now - begunAt < leastMs) return { kind: "open" };
      if (thin > THIN * ended || held > THIN * ended) return { kind: "void" };
      const isCovered = took >= COVERED * limit * (now - begunAt);
      if (!isCovered && ended < LONG_ENOUGH * enough) return { kind: "open" };
      const slow = slowness();
      learn(slow);
      return { kind: "told", throughput: limit / slow };
    },
    waited(ms) {
      waits += (ms - waits) / LATELY;
    },
    usualMs: () => (mean === undefined ? undefined : Math.max(1, mean - waits)),
  };
}
