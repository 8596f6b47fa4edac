/** What a store that lies on a disk of this machine tells of it. Services have no such thing to tell. */
export interface Disk {
  /** Free for this user, bytes. */
  readonly freeBytes: number;
  /** What the file system goes without, or holds back, and what follows from it: a sentence each, without its end. */
  readonly lacks: readonly string[];
  /** What this system does not tell, likewise. */
  readonly untold: readonly string[];
}
