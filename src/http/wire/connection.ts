/**
 * One connection to one origin. It carries one exchange at a time:
 *
 *   carry ─ head, body … ─┐
 *           reply ────────┴─▶ both whole: free for the next one; anything else: closed
 *
 * So whatever is unusual about a request or its reply costs a connection, and never touches the next exchange. What comes too late
 * to be known as unusual (a second reply to the last request, taken for the first to this one) costs the replies their standing,
 * once more comes than was asked for.
 */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Carrier, Exchange } from "../exchange/exchange.ts";
import { connectionEnded, noProgress, SurplusBytes, tooSlow } from "../exchange/fault.ts";
import type { ReadMemory, Slab } from "../exchange/read-memory.ts";
import { Throughput } from "../exchange/throughput.ts";
import type { UploadBody } from "../exchange/upload-body.ts";
import { isHeld, type Standing } from "../port/http.ts";
import { isWaiting, leaveTogether } from "./leave-together.ts";
import { ReplyReader, unasked } from "./reply-reader.ts";

export interface ConnectionLimits {
  /** From the end of the request, or its last progress, to the reply's head, milliseconds. */
  readonly headersMs: number;
  /** Between two pieces of a reply's body, while they are wanted, milliseconds. */
  readonly bodyIdleMs: number;
}

/** Who lends the connection out. */
export interface ConnectionOwner {
  /** What it carried is over; it may carry another exchange. */
  onFree(connection: Connection): void;
  /** May a connection carry more than one exchange? */
  readonly reuses: boolean;
  /** It brought more than it was asked for; it is closed right after. */
  onSurplus(): void;
  /**
   * It was closed by the other side before a byte of the reply came, having replied before: most likely it was closed already when
   * the request set out (RFC 9112, 9.3.1). False where the exchange fails with that.
   */
  onStale(exchange: Exchange, head: string): boolean;
  /** It is gone. */
  onGone(connection: Connection, carried: boolean): void;
}

/** A service closes a connection that carries nothing for a while; a request that is just on its way then is lost. */
const IDLE_MS = 3_000;
/** Where the service tells how long it waits, we wait for so much less. Looks come a second apart, and see up to two late. */
const IDLE_MARGIN_MS = 3_000;
const LONGEST_IDLE_MS = 60_000;
/** Where nothing more came for so long, nothing is outstanding: the next reply is this connection's as surely as its first. */
const SETTLED_MS = 1_000;

export class Connection implements Carrier {
  readonly #socket: Socket;
  readonly #memory: ReadMemory;
  readonly #owner: ConnectionOwner;
  readonly #limits: ConnectionLimits;
  readonly #reader = new ReplyReader();
  #exchange: Exchange | undefined;
  /** Since `carry`, until the owner is told that it is free, or gone. */
  #carries = false;
  /** The request is handed to the socket as a whole. */
  #sent = false;
  /** The request's body waits for its own source, not for the peer. */
  #sourceWaits = false;
  /** Nobody wants more of the reply's body now. */
  #paused = false;
  /** Has something moved since the last look? Looks tell the time: to ask for it at each move costs more than the move. */
  #moved = true;
  /** When a look last saw that something had moved, by the monotonic clock, milliseconds. */
  #movedAt = 0;
  #idleMs = IDLE_MS;
  readonly #throughput: Throughput;
  #gone = false;
  #onDrain: (() => void) | undefined;
  /** What is carried, to be sent again, and whether a byte of its reply came. */
  #head = "";
  #heard = false;
  #carriedBefore = false;
  #isReused = false;
  /** Of all that came since it was new, or settled, but the first. */
  #standing: { believed: boolean } | undefined;
  #isSettled = true;
  standing: Standing | undefined;

  /** @param memory that `socket` reads to */
  constructor(socket: Socket, memory: ReadMemory, owner: ConnectionOwner, limits: ConnectionLimits) {
    this.#socket = socket;
    this.#owner = owner;
    this.#limits = limits;
    this.#memory = memory;
    this.#throughput = new Throughput(limits.bodyIdleMs);
    memory.onRead = (read, length) => this.#onRead(read, length);
    socket.unref();
    socket.on("drain", () => this.#drained());
    socket.on("end", () => this.#onPeerEnd());
    socket.on("error", (error) => this.#onEnded(error));
    socket.on("close", () => this.#onEnded(connectionEnded()));
  }

  /** @param head of the request, Latin-1 */
  carry(exchange: Exchange, head: string): void {
    const { method, body } = exchange.request;
    this.#exchange = exchange;
    this.#carries = true;
    this.#paused = false;
    this.#moved = true;
    this.#throughput.restart();
    this.#head = head;
    this.#heard = false;
    this.#isReused = this.#carriedBefore;
    this.#carriedBefore = true;
    this.standing = undefined;
    if (this.#isSettled) this.#isSettled = false;
    else {
      this.#standing ??= { believed: true };
      this.standing = this.#standing;
    }
    this.#reader.begin(exchange, method === "HEAD");
    exchange.onCarried(this);
    if (this.#gone) return;
    const socket = this.#socket;
    if (body === undefined || isHeld(body)) {
      this.#sent = true;
      leaveTogether(socket, head, body);
      return;
    }
    this.#sent = false;
    socket.write(head, "latin1");
    // An exchange has an upload where its request's body is a source of chunks.
    this.#sendBody(exchange, exchange.upload as UploadBody).catch((error: unknown) =>
      this.#failIf(exchange, ensureError(error)),
    );
  }

  /** That the bytes lie in which are being read. */
  get slab(): Slab {
    return this.#memory.slab;
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#moved = true;
    this.#throughput.restart();
    this.#socket.resume();
  }

  /** What it brought since it was new, or settled, is believed no longer, the first reply aside. */
  disbelieve(): void {
    if (this.#standing !== undefined) this.#standing.believed = false;
  }

  /** Ends at once; an exchange that is under way fails with `error`. */
  close(error: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#socket.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#owner.onGone(this, this.#carries);
    this.#drained();
    exchange?.onError(error);
  }

  /** Closes what has waited for too long, or been free for too long. */
  check(now: number): void {
    if (this.#moved) {
      this.#moved = false;
      this.#movedAt = now;
    }
    const still = now - this.#movedAt;
    if (this.#exchange === undefined) {
      if (still > this.#idleMs) this.close(connectionEnded());
      else if (still > SETTLED_MS) {
        this.#isSettled = true;
        this.#standing = undefined;
      }
    } else if (this.#reader.replied) {
      if (this.#paused) return;
      const { bodyIdleMs } = this.#limits;
      if (still > bodyIdleMs) this.close(noProgress("BodyTimeout", bodyIdleMs));
      else if (this.#throughput.isTooLow(now, this.#reader.bodyBytes)) this.close(tooSlow());
    } else if (!this.#sourceWaits && still > this.#limits.headersMs) {
      this.close(noProgress("HeadersTimeout", this.#limits.headersMs));
    }
  }

  /** @throws what the body throws; Fault `LengthMismatch` */
  async #sendBody(exchange: Exchange, body: UploadBody): Promise<void> {
    const socket = this.#socket;
    this.#sourceWaits = true;
    for await (const chunk of body) {
      this.#sourceWaits = false;
      this.#moved = true;
      if (this.#exchange !== exchange) return;
      const onWritten = (error?: Error | null) => {
        if (!error) body.release(chunk);
      };
      if (chunk.length > 0 && !socket.write(chunk, onWritten)) {
        await new Promise<void>((resolve) => {
          this.#onDrain = resolve;
        });
        if (this.#exchange !== exchange) return;
      }
      this.#sourceWaits = true;
    }
    this.#sourceWaits = false;
    if (this.#exchange !== exchange) return;
    this.#sent = true;
    this.#moved = true;
  }

  #drained(): void {
    const onDrain = this.#onDrain;
    this.#onDrain = undefined;
    this.#moved = true;
    onDrain?.();
  }

  /** By the other side, or on the way there. */
  #onEnded(error: Error): void {
    const exchange = this.#exchange;
    if (exchange !== undefined && this.#isReused && !this.#heard && this.#owner.onStale(exchange, this.#head)) {
      this.#exchange = undefined;
    }
    this.close(error);
  }

  #failIf(exchange: Exchange, error: Error): void {
    if (this.#exchange === exchange) this.close(error);
  }

  #onRead(memory: Buffer, length: number): boolean {
    if (this.#gone) return false;
    const exchange = this.#exchange;
    if (isWaiting(this.#socket)) {
      // Nothing of the request has left: this answers another's, or nobody's.
      const error = unasked(memory, 0, length);
      if (error instanceof SurplusBytes) this.#owner.onSurplus();
      this.#onEnded(error);
      return false;
    }
    this.#heard = true;
    // Where it throws, some of it may have been given on before.
    let isGiven = true;
    try {
      isGiven = this.#reader.read(memory, length);
    } catch (error) {
      if (error instanceof SurplusBytes) this.#owner.onSurplus();
      this.close(ensureError(error));
    }
    // Bytes of a head that is not whole are no progress: it must come within its time, interim replies included.
    if (this.#reader.replied) this.#moved = true;
    if (exchange !== undefined && this.#reader.ended) this.#exchangeEnded(exchange);
    this.#memory.bodyGoesOn = this.#reader.replied && !this.#reader.ended;
    return isGiven;
  }

  #onPeerEnd(): void {
    if (this.#gone) return;
    const exchange = this.#exchange;
    try {
      if (this.#reader.close() && exchange !== undefined) this.#exchange = undefined;
      this.#onEnded(connectionEnded());
    } catch (error) {
      this.close(ensureError(error));
    }
  }

  #exchangeEnded(exchange: Exchange): void {
    if (this.#exchange !== exchange || this.#gone) return;
    this.#exchange = undefined;
    // TLS has taken the bytes as it was given them, and tells a turn later that they are sent. Any other socket has them still, in memory that may
    // be used again from now on.
    const { writableLength, encrypted } = this.#socket as Partial<TLSSocket>;
    if (writableLength !== 0 && encrypted === true) setImmediate(() => this.#settle());
    else this.#settle();
  }

  /** Free for the next exchange, or closed. */
  #settle(): void {
    if (this.#gone) return;
    // What is left of the request's body would be read as another request, or its memory be used again before it has gone.
    if (!this.#sent || this.#socket.writableLength > 0 || !this.#reader.persistent || !this.#owner.reuses) {
      this.close(connectionEnded());
      return;
    }
    if (this.#paused) this.resume();
    const { keepAliveMs } = this.#reader;
    this.#idleMs = keepAliveMs === undefined ? IDLE_MS : Math.min(LONGEST_IDLE_MS, keepAliveMs - IDLE_MARGIN_MS);
    if (this.#idleMs <= 0) {
      this.close(connectionEnded());
      return;
    }
    this.#carries = false;
    this.#owner.onFree(this);
  }
}
