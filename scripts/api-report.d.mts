/** The public API of the declarations in this folder, as text, and what of it has no comment. */
export function apiReport(types: string): { readonly text: string; readonly undocumented: readonly string[] };
