/** The stores that the suite is run on, and what each of them lacks: the columns of the table in docs/stores.md. One line more for one store more. */
import type { Operation } from "./conformance.ts";

export interface Subject {
  /** Heads its column. */
  readonly title: string;
  /** What it is, with its version. */
  readonly what: string;
  readonly lacks: readonly Operation[];
}

export const subjects = {
  cos: { title: "COS", what: "the client of COS, on the embedded COS", lacks: [] },
  swift: {
    title: "S3: Swift",
    what: "the client of S3, on the S3 API of OpenStack Swift 2.30.1 (Debian's packages)",
    lacks: ["CRC64 in replies", "forbids overwriting", "a copy forbids overwriting"],
  },
  fauxqs: {
    title: "S3: fauxqs",
    what: "the client of S3, on fauxqs 1.9.2, which checks no signature either",
    lacks: [
      "CRC64 in replies",
      "the other preserved headers",
      "nasty keys",
      "listing by pages, in the order of UTF-8",
      "refuses bytes of another MD5",
      "forbids overwriting",
      "an upload in parts forbids overwriting",
      "copies only what is as it was (If-Match)",
      "a copy forbids overwriting",
    ],
  },
  folder: { title: "folder", what: "a folder on a disk of this machine", lacks: [] },
  memory: {
    title: "simulation",
    what: "the store in memory that the simulation runs on",
    lacks: ["part of an object (Range)"],
  },
} as const satisfies Record<string, Subject>;
