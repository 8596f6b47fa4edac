/**
 * CRC-64/XZ, the checksum COS calls crc64ecma: ECMA-182 polynomial, reflected, initial value and final xor all ones,
 * printed as an unsigned decimal (document 436/40334). The bytes are counted by crc64.wat, whose memory each thread has
 * once: a chunk is copied there in pieces, and which stream it belongs to is known only here.
 */
import { CRC64_WASM } from "./crc64-wasm.ts";
import { startWasm } from "./wasm.ts";

/** The running state: the two 32-bit halves of the register, already inverted. Start with `crc64Start()`. */
export interface Crc64 {
  low: number;
  high: number;
}

interface Counter {
  /** Where `update` reads; it leaves other bytes there. */
  readonly input: Uint8Array;
  /** Takes the first `length` bytes of `input` into the register; returns its lower half, and `high` then its upper. */
  update(low: number, high: number, length: number): number;
  high(): number;
}

let counter: Counter | undefined;

/** At the first byte and not at import: a process that proves nothing by CRC64 does without the 0.7 ms it takes. */
function startCounter(): Counter {
  const { memory, input, room, update, high } = startWasm<
    { readonly input: { readonly value: number }; readonly room: { readonly value: number } } & Pick<
      Counter,
      "update" | "high"
    >
  >(CRC64_WASM);
  return { input: new Uint8Array(memory.buffer, input.value, room.value), update, high };
}

export function crc64Start(): Crc64 {
  return { low: -1, high: -1 };
}

/** Takes `chunk` into `state`, in place. Chunks of any size, in order. */
export function crc64Update(state: Crc64, chunk: Uint8Array): void {
  counter ??= startCounter();
  const { input } = counter;
  const room = input.length;
  for (let at = 0; at < chunk.length; at += room) {
    const piece = chunk.length <= room ? chunk : chunk.subarray(at, at + room);
    input.set(piece);
    state.low = counter.update(state.low, state.high, piece.length);
    state.high = counter.high();
  }
}

/** The checksum of what was taken in so far, unsigned decimal, as x-cos-hash-crc64ecma prints it. */
export function crc64Digest(state: Crc64): string {
  const high = BigInt(~state.high >>> 0);
  const low = BigInt(~state.low >>> 0);
  return ((high << 32n) | low).toString();
}

/** The checksum of one buffer. */
export function crc64(bytes: Uint8Array): string {
  const state = crc64Start();
  crc64Update(state, bytes);
  return crc64Digest(state);
}
