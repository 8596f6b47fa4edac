/** Runs tasks of several callers, so many at once over all of them; who came first is served first. */
export interface TaskPool {
  /** Tasks are taken one by one, as there is room. `work` must not reject. Resolves once all have ended. */
  runEach<T>(tasks: Iterator<T>, work: (task: T) => Promise<void>): Promise<void>;
  /** So many at once from now on; what runs beyond it ends. */
  setLimit(limit: number): void;
  limit(): number;
  running(): number;
  /** Is there a task that waits for room? */
  hasWaiting(): boolean;
}

interface Caller {
  /** Runs the next of its tasks. */
  readonly begin: () => void;
  hasMore: boolean;
}

export function createTaskPool(first: number): TaskPool {
  let limit = first;
  let running = 0;
  const callers: Caller[] = [];

  const fill = () => {
    for (let caller = callers[0]; caller !== undefined && running < limit; caller = callers[0]) {
      if (caller.hasMore) caller.begin();
      else callers.shift();
    }
  };

  return {
    runEach<T>(tasks: Iterator<T>, work: (task: T) => Promise<void>): Promise<void> {
      return new Promise((resolve, reject) => {
        // The one after it is taken at once, so that it is known whether there is one.
        let next = tasks.next();
        let own = 0;
        const place = async (task: T): Promise<void> => {
          running++;
          own++;
          await work(task);
          running--;
          own--;
          if (own === 0 && next.done) resolve();
          fill();
        };
        const caller: Caller = {
          hasMore: next.done !== true,
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
    hasWaiting: () => callers.some(({ hasMore }) => hasMore),
  };
}
