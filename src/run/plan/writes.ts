/** The writes of a plan, a few at once. */

/** Under way at once. */
const WRITES = 8;

/** The first that failed for good ends the plan: it is thrown at the next call. */
export function createWrites() {
  const underWay = new Set<Promise<void>>();
  let fault: { readonly thrown: unknown } | undefined;
  const check = () => {
    if (fault !== undefined) throw fault.thrown;
  };
  return {
    async add(begun: Promise<void>): Promise<void> {
      const write = begun.catch((thrown: unknown) => {
        fault ??= { thrown };
      });
      underWay.add(write);
      write.finally(() => underWay.delete(write));
      if (underWay.size >= WRITES) await Promise.race(underWay);
      check();
    },
    async over(): Promise<void> {
      await Promise.all(underWay);
      check();
    },
  };
}
