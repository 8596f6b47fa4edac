export interface WasmModule {
  readonly built: URL;
  readonly from: string;
  readonly constant: string;
  readonly text: () => string;
}
export const modules: { readonly crc64: WasmModule; readonly signing: WasmModule };
export function build(module: WasmModule): Promise<string>;
