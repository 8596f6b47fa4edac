/**
 * What a function builds of its settings and keeps from call to call. A process may have several calls at once, and settings may change between
 * two of them: then what was built before is closed once the last call that works with it is over, and no sooner.
 */

/** How whoever has it says that it is over for them. */
export type Done = () => void;

/**
 * @param close of what is used by nobody any more, and of which something else has taken the place
 * @returns what brings it: what is kept for `says`, or where that was another what `make` makes now. Whoever takes it calls its `done` once
 */
export function keepInUse<Kept>(close: (kept: Kept) => void): (says: string, make: (done: Done) => Kept) => Kept {
  interface Entry {
    readonly says: string;
    readonly kept: Kept;
    users: number;
  }
  let present: Entry | undefined;

  const closeUnused = (entry: Entry) => {
    if (entry !== present && entry.users === 0) close(entry.kept);
  };
  const enter = (says: string, make: (done: Done) => Kept): Entry => {
    const done = () => {
      entry.users--;
      closeUnused(entry);
    };
    const entry: Entry = { says, kept: make(done), users: 0 };
    return entry;
  };

  return (says, make) => {
    if (present?.says !== says) {
      const former = present;
      // Where it can't be made the former one stays.
      present = enter(says, make);
      if (former !== undefined) closeUnused(former);
    }
    present.users++;
    return present.kept;
  };
}
