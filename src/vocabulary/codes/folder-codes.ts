/** What only a folder of this machine can answer, where it is archive or ledger. */
import { entries } from "./entry.ts";

export const folderCodes = entries({
  DiskFailed: {
    means: "the file system failed",
    effect: "retried",
    advice: "look what the system's log says of the disk",
  },
  DiskFull: {
    means: "the disk is full, or its quota is used up",
    effect: "run-halted",
    advice: "make room, then let the run go on with cos-originals resume",
  },
  FolderObstructed: {
    means: "a file, a folder or a link that is none of ours lies where the object has to",
    effect: "row-over",
    ofRow: true,
    advice: "move away what the message names",
  },
  FolderReadOnly: {
    means: "the file system is mounted read-only",
    effect: "run-halted",
    advice: "mount it for writing, then let the run go on with cos-originals resume",
  },
  NetworkFolder: {
    means: "the folder is on a network file system, which does not promise that what was written is listed",
    effect: "not-begun",
    advice: "name a folder on a disk of this machine, or archive to an object store",
  },
});
