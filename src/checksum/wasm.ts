/** WebAssembly modules that are committed in base64 (scripts/wasm.mjs), started. */

/** The part of the standard that is used here: the types of Node have none of it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module);
    readonly exports: unknown;
  }
}

export interface WasmMemory {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** What a module exports; it imports nothing. */
export function startWasm<Exports>(base64: string): Exports & WasmMemory {
  const module = new WebAssembly.Module(Buffer.from(base64, "base64"));
  return new WebAssembly.Instance(module).exports as Exports & WasmMemory;
}
