/**
 * Runs tasks of several callers, so many at once over all of them. Who came first is served first, so that it ends soon; but each has one under way
 * in its turn, or a call of a function would wait for another's shard until its own time is over.
 */
export interface TaskPool {
  /**
   * Tasks are taken one by one, as there is room. Resolves once all have ended.
   * @param onFault is told what `work` rejects with; where it is absent, `runEach` rejects with it
   */
  runEach<T>(tasks: Iterator<T>, work: (task: T) => Promise<void>, onFault?: (thrown: unknown) => void): Promise<void>;
  /** So many at once from now on; what runs beyond it ends. */
  setLimit(limit: number): void;
  limit(): number;
  running(): number;
  /** Is there a task that waits for room? */
  hasWaiting(): boolean;
  /** Did ever as many run as might? */
  wasFull(): boolean;
}

interface Caller {
  /** Runs the next of its tasks. */
  readonly begin: () => void;
  hasMore: boolean;
  running: number;
  /** Of all tasks the how many-th its last one was. */
  begun: number;
}

export function createTaskPool(first: number): TaskPool {
  let limit = first;
  let running = 0;
  let begun = 0;
  let full = false;
  let callers: Caller[] = [];

  /** Of those that have none under way whoever has waited longest, else who came first. */
  const next = (): Caller | undefined => {
    let chosen = callers[0];
    for (const caller of callers) {
      if (caller.running > 0) continue;
      if (chosen === undefined || chosen.running > 0 || caller.begun < chosen.begun) chosen = caller;
    }
    return chosen;
  };
  const fill = () => {
    while (running < limit) {
      const caller = next();
      if (caller === undefined) return;
      caller.begun = ++begun;
      caller.begin();
      if (!caller.hasMore) callers = callers.filter((other) => other !== caller);
    }
  };

  return {
    runEach<T>(
      tasks: Iterator<T>,
      work: (task: T) => Promise<void>,
      onFault?: (thrown: unknown) => void,
    ): Promise<void> {
      return new Promise((resolve, reject) => {
        const told = onFault ?? reject;
        // The one after it is taken at once, so that it is known whether there is one.
        let next = tasks.next();
        const place = async (task: T): Promise<void> => {
          running++;
          full ||= running >= limit;
          caller.running++;
          try {
            await work(task);
          } catch (thrown) {
            told(thrown);
          }
          running--;
          caller.running--;
          if (caller.running === 0 && next.done) resolve();
          fill();
        };
        const caller: Caller = {
          hasMore: next.done !== true,
          running: 0,
          begun: 0,
          begin() {
            if (next.done) return;
            const { value } = next;
            try {
              next = tasks.next();
            } catch (thrown) {
              next = { done: true, value: undefined };
              reject(thrown);
            }
            caller.hasMore = next.done !== true;
            void place(value);
          },
        };
        if (!caller.hasMore) return resolve();
        callers.push(caller);
        fill();
      });
    },
    setLimit(next) {
      limit = next;
      fill();
    },
    limit: () => limit,
    running: () => running,
    wasFull: () => full,
    hasWaiting: () => callers.some(({ hasMore }) => hasMore),
  };
}
