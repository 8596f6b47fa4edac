/** Is the original in the archive already? `--if-exists` says what follows from it. */
import type { ObjectInfo } from "../../objects/bucket.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { provenanceRun } from "./archive-headers.ts";
import { chooseProof, type Expectation, holdsOriginal, mayHold } from "./identity.ts";
import { learn } from "./original.ts";
import { alreadyThere, failed, kept } from "./outcome-of.ts";
import { headArchive } from "./requests.ts";
import type { Task, TaskContext, TaskMemory } from "./task.ts";

/** HEADs the archive key. Resolves with the outcome where that ends the row, else undefined: fetch and put. */
export async function askArchive(task: Task, memory: TaskMemory, context: TaskContext): Promise<Outcome | undefined> {
  const there = await headArchive(task, memory, context);
  memory.askArchive = false;
  if (there === undefined) return undefined;
  const { ifExists } = context.options;
  const ours = there.headers[provenanceRun] === context.run;
  if (ifExists === "keep" && !ours) return kept(task, memory, there);
  if (tellsTooLittle(memory.expectation, there)) {
    const ended = await learn(task, memory, context);
    if (ended !== undefined) return ended;
  }
  if (holdsOriginal(memory.expectation, there) && (ours || ifExists !== "overwrite")) {
    return alreadyThere(task, memory, there, ours);
  }
  if (ifExists === "keep") return kept(task, memory, there);
  if (ifExists === "fail") {
    return failed(
      task,
      memory,
      "ArchiveKeyExists",
      `the archive holds another object under ${JSON.stringify(task.archiveKey)}, and --if-exists fail leaves it as it is`,
    );
  }
  return undefined;
}

/**
 * Could a HEAD of the source settle what the expectation can't? It costs a trifle beside the fetch that it may save; an
 * encrypted archive, for one, tells a CRC64 but no MD5.
 */
function tellsTooLittle(expectation: Expectation, there: ObjectInfo): boolean {
  if (expectation.size === undefined || chooseProof(expectation, "auto", true) === undefined) return true;
  return expectation.from === "row" && mayHold(expectation, there) && !holdsOriginal(expectation, there);
}
