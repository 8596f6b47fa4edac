export const built: URL;
export function build(): Promise<string>;
