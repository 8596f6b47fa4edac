/**
 * Services other than AWS (fauxqs, LocalStack) name queues otherwise than AWS does, so a URL that was made from an ARN is none of theirs: a queue
 * that is not there by its URL is asked for by its name, once, and spoken to by what the service calls it from then on.
 */

/** What services call queues that are known by another URL here. */
export interface OwnUrls {
  /**
   * Sends to the queue of this URL.
   * @param send is given the URL by which the service knows it, as far as that is known
   * @param find asks for the URL of the queue of this name
   */
  through<T>(
    url: string,
    send: (url: string) => Promise<T>,
    find: (name: string) => Promise<string | undefined>,
  ): Promise<T>;
}

export function createOwnUrls(): OwnUrls {
  const known = new Map<string, string>();
  /** Being asked for: many messages may meet it at once. */
  const asked = new Map<string, Promise<string | undefined>>();

  /** Undefined where it is nowhere, or nobody says so: then the first answer stands. */
  function ask(url: string, find: (name: string) => Promise<string | undefined>): Promise<string | undefined> {
    const name = url.slice(url.lastIndexOf("/") + 1);
    const answer =
      asked.get(url) ??
      find(name)
        .catch(() => undefined)
        .finally(() => asked.delete(url));
    asked.set(url, answer);
    return answer;
  }

  return {
    async through(url, send, find) {
      const own = known.get(url);
      try {
        return await send(own ?? url);
      } catch (thrown) {
        if (url.endsWith("/") || !isMissingQueue(thrown)) throw thrown;
        if (own !== undefined) {
          // It was deleted; another may be made under its name.
          known.delete(url);
          throw thrown;
        }
        const found = known.get(url) ?? (await ask(url, find));
        if (found === undefined || found === url) throw thrown;
        known.set(url, found);
        return send(found);
      }
    },
  };
}

/** By either of the names that a service has for it. */
export const isMissingQueue = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  (thrown.name === "QueueDoesNotExist" || thrown.name === "AWS.SimpleQueueService.NonExistentQueue");
