/**
 * The limit: what undici itself can move, with nothing around it. Unsigned, unhashed, unrecorded; one pool for GETs and one
 * for PUTs. Three forms, of which the best is the limit: body in a buffer, body streamed with pause and resume, and
 * undici's own `request`, whose reply's body is the PUT's.
 */
import { Readable } from "node:stream";
import { buildConnector, type Dispatcher, Pool, request } from "undici";
import { bucketsOf, keyOf, sizes } from "./bodies.ts";
import { type Copier, type CopierOptions, inParallel } from "./copier.ts";

const sourceHost = `${bucketsOf.source}.cos.ap-guangzhou.myqcloud.com`;
const archiveHost = `${bucketsOf.archive}.cos.ap-guangzhou.myqcloud.com`;

const connector = buildConnector({ allowH2: false });
/** undici would have the certificate be of the Host header. */
const connect: buildConnector.connector = (to, onOpened) => connector({ ...to, servername: "" }, onOpened);

function pools({ origin, concurrency: connections }: CopierOptions) {
  const gets = new Pool(origin, { connections, connect });
  const puts = new Pool(origin, { connections, connect });
  const close = async () => {
    await Promise.all([gets.destroy(), puts.destroy()]);
  };
  return { gets, puts, close };
}

const getOptions = (key: string): Dispatcher.DispatchOptions => ({
  path: `/${key}?ci-process=originImage`,
  method: "GET",
  headers: ["host", sourceHost],
});
const putOptions = (key: string, size: number, body: Buffer | Readable): Dispatcher.DispatchOptions => ({
  path: `/${key}`,
  method: "PUT",
  headers: ["host", archiveHost, "content-type", "image/jpeg", "content-length", String(size)],
  body,
});

type Settle = { resolve: () => void; reject: (error: Error) => void };

class Put implements Dispatcher.DispatchHandler {
  readonly #settle: Settle;
  #status = 0;
  constructor(settle: Settle) {
    this.#settle = settle;
  }
  onRequestStart(): void {}
  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }
  onResponseData(): void {}
  onResponseEnd(): void {
    if (this.#status === 200) this.#settle.resolve();
    else this.#settle.reject(new Error(`PUT answered ${this.#status}`));
  }
  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#settle.reject(error);
  }
}

export function createBufferCopier(options: CopierOptions): Copier {
  const { gets, puts, close } = pools(options);
  const size = sizes[options.label];

  class Get implements Dispatcher.DispatchHandler {
    readonly #key: string;
    readonly #settle: Settle;
    readonly #chunks: Buffer[] = [];
    constructor(key: string, settle: Settle) {
      this.#key = key;
      this.#settle = settle;
    }
    onRequestStart(): void {}
    onResponseStart(): void {}
    onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
      this.#chunks.push(chunk);
    }
    onResponseEnd(): void {
      const [first] = this.#chunks;
      const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, size);
      puts.dispatch(putOptions(this.#key, size, body), new Put(this.#settle));
    }
    onResponseError(_: Dispatcher.DispatchController, error: Error): void {
      this.#settle.reject(error);
    }
  }
  const one = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const key = keyOf(options.label, index);
      gets.dispatch(getOptions(key), new Get(key, { resolve, reject }));
    });
  return { copy: (objects) => inParallel(objects, options.concurrency, one), close };
}

export function createStreamCopier(options: CopierOptions): Copier {
  const { gets, puts, close } = pools(options);
  const size = sizes[options.label];

  class Get implements Dispatcher.DispatchHandler {
    readonly #key: string;
    readonly #settle: Settle;
    #body: Readable | undefined;
    constructor(key: string, settle: Settle) {
      this.#key = key;
      this.#settle = settle;
    }
    onRequestStart(): void {}
    onResponseStart(controller: Dispatcher.DispatchController): void {
      this.#body = new Readable({ highWaterMark: 128 * 1024, read: () => controller.resume() });
      puts.dispatch(putOptions(this.#key, size, this.#body), new Put(this.#settle));
    }
    onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
      if (this.#body?.push(chunk) === false) controller.pause();
    }
    onResponseEnd(): void {
      this.#body?.push(null);
    }
    onResponseError(_: Dispatcher.DispatchController, error: Error): void {
      this.#body?.destroy(error);
      this.#settle.reject(error);
    }
  }
  const one = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const key = keyOf(options.label, index);
      gets.dispatch(getOptions(key), new Get(key, { resolve, reject }));
    });
  return { copy: (objects) => inParallel(objects, options.concurrency, one), close };
}

export function createRequestCopier(options: CopierOptions): Copier {
  const { gets, puts, close } = pools(options);
  const size = String(sizes[options.label]);
  const { origin } = options;
  const one = async (index: number) => {
    const key = keyOf(options.label, index);
    const got = await request(`${origin}/${key}?ci-process=originImage`, {
      dispatcher: gets,
      headers: { host: sourceHost },
    });
    const put = await request(`${origin}/${key}`, {
      dispatcher: puts,
      method: "PUT",
      headers: { host: archiveHost, "content-type": "image/jpeg", "content-length": size },
      body: got.body,
    });
    await put.body.dump();
    if (put.statusCode !== 200) throw new Error(`PUT answered ${put.statusCode}`);
  };
  return { copy: (objects) => inParallel(objects, options.concurrency, one), close };
}
