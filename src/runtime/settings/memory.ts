/** How much memory this process may use: that of its function, of its container, or of the machine. */
import { totalmem } from "node:os";

const MiB = 1024 * 1024;

/** Bytes. */
export function memoryOf(environment: Readonly<Record<string, string | undefined>>): number {
  const ofFunction = Number(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  const all = totalmem();
  if (Number.isSafeInteger(ofFunction) && ofFunction > 0) return Math.min(all, ofFunction * MiB);
  // Of a cgroup; none, or more than there is, where nothing limits it.
  const ofContainer = process.constrainedMemory?.() ?? 0;
  return ofContainer > 0 && ofContainer < all ? ofContainer : all;
}
