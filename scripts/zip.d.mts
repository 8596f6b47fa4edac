export interface ZippedFile {
  /** With slashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The same bytes from the same files. */
export function zip(files: readonly ZippedFile[]): Buffer;
