export function manifestRow(row: number): { readonly key: string; readonly size: number; readonly etag: string };
export function writeGzippedCsv(path: string, rows: number): Promise<void>;
export function runCommand(options: {
  readonly cli: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}): Promise<{ readonly result: unknown; readonly peakMB: number; readonly seconds: number }>;
export function runMeasured(options: {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<{
  readonly code: number | null;
  readonly errors: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMB: number | undefined;
}>;
