/** Who reads, in the process that works a run, what its attempts record: as soon as it is durable, and no sooner. */
export interface RecordReader {
  /**
   * Durable by now, of a shard of so many rows: what one segment holds, or what earlier attempts had recorded when the shard was opened. So a row
   * may come again, and pending ones come too. `lines` are the ledger's own, of `outcomeLine`.
   */
  recorded(shard: number, rows: number, lines: string): void;
  /** Resolves once more rows may begin, where what was recorded is not read as fast; undefined: at once. */
  room(): Promise<void> | undefined;
}
