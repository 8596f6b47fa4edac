/** What the disk of an archive or a ledger in a folder lacks: the same that a run says as it begins to write there. */
import type { Bucket } from "../../objects/bucket.ts";
import { formatBytes } from "../../report/quantity.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { type Finding, finding, tried } from "./doctor-findings.ts";

export interface ExaminedDisk {
  readonly findings: readonly Finding[];
  /** May anything be asked of it? */
  readonly usable: boolean;
}

const check = "disk";

/** Of a service there is nothing to say. */
export async function examineDisk(bucket: Bucket): Promise<ExaminedDisk> {
  const { address } = bucket;
  const look = bucket.disk;
  if (look === undefined) return { findings: [], usable: true };
  try {
    const disk = await tried(() => look({ tries: true }));
    // What it can't be used for is said where it is tried.
    if (!disk.ok) return { findings: [], usable: true };
    const { freeBytes, lacks, untold } = disk.value;
    const findings = [
      ...lacks.map((lack) => finding(check, "warning", `${address} ${lack}`)),
      ...untold.map((what) => finding(check, "unknown", `${address} ${what}`)),
    ];
    const good = finding(
      check,
      "good",
      `${address} is on a disk of this machine that has ${formatBytes(freeBytes)} free`,
    );
    return { findings: findings.length === 0 ? [good] : findings, usable: true };
  } catch (thrown) {
    if (!(thrown instanceof UserError) || thrown.code !== "NetworkFolder") throw thrown;
    return { findings: [finding(check, "bad", thrown.message.replace(/\.$/, ""))], usable: false };
  }
}
