/**
 * Who works here, as an attempt's open marker says it. After a kill -9 the next process on the same machine can tell that the
 * old one is gone, and need not wait for its last sign of life to grow old.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who works here, as an attempt's open marker says it, and what is known of others. */
export interface WorkerIdentity {
  readonly id: string;
  /** Name of its machine. */
  readonly host?: string | undefined;
  /** Is the process of that id known to be gone? False where nothing is known. */
  readonly isGone: (id: string) => boolean;
}

/** Host name, boot and pid namespace: two containers are two machines, and so is one after a reboot. */
function machine(): string {
  const parts = [hostname()];
  try {
    parts.push(readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), readlinkSync("/proc/self/ns/pid"));
  } catch {
    // Not Linux: the host name has to do.
  }
  return parts.join(" ");
}

export function processIdentity(pid = process.pid): WorkerIdentity {
  const here = machine();
  return {
    id: JSON.stringify({ machine: here, pid }),
    host: hostname(),
    isGone(text) {
      let other: unknown;
      try {
        other = JSON.parse(text);
      } catch {
        return false;
      }
      if (typeof other !== "object" || other === null || !("machine" in other) || !("pid" in other)) return false;
      if (other.machine !== here || typeof other.pid !== "number") return false;
      if (other.pid === pid) return false;
      try {
        process.kill(other.pid, 0);
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === "ESRCH";
      }
    },
  };
}
