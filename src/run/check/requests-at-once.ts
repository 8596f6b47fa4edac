/** So many at once, and whoever brings more waits: a stream of requests needs no more memory than those under way. */
export interface RequestsAtOnce {
  /** Resolves once it has begun. Throws what an earlier one threw. */
  begin(request: () => Promise<void>): Promise<void>;
  /** Resolves when all are over. Throws what the first that failed threw. */
  ended(): Promise<void>;
}

export function requestsAtOnce(most: number): RequestsAtOnce {
  const underWay = new Set<Promise<void>>();
  let fault: { readonly thrown: unknown } | undefined;
  const check = () => {
    if (fault !== undefined) throw fault.thrown;
  };
  return {
    async begin(request) {
      while (underWay.size >= most) await Promise.race(underWay);
      check();
      const one = request()
        .catch((thrown: unknown) => {
          fault ??= { thrown };
        })
        .finally(() => underWay.delete(one));
      underWay.add(one);
    },
    async ended() {
      await Promise.all(underWay);
      check();
    },
  };
}
