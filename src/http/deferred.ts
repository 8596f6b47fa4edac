/** The port over a client whose code is imported at its first request. */
import { ensureError } from "../vocabulary/errors.ts";
import type { CreateHttp, Http } from "./port/http.ts";

/** What is sent before the code is there goes out once it is, in order. */
export function createDeferredHttp(load: () => Promise<CreateHttp>): CreateHttp {
  return (options) => {
    let client: Http | undefined;
    let opening: Promise<Http> | undefined;
    let closed = false;
    const open = async () => {
      client = (await load())(options);
      if (closed) await client.close();
      return client;
    };
    return {
      send(request, caller) {
        if (client !== undefined) return client.send(request, caller);
        opening ??= open();
        opening.then(
          (opened) => opened.send(request, caller),
          (thrown: unknown) => caller.onError(ensureError(thrown)),
        );
      },
      close: async () => {
        closed = true;
        await opening?.then(
          (opened) => opened.close(),
          () => undefined,
        );
      },
    };
  };
}
