/** A store whose listings are late, as far as a run's ledger is concerned. */
import { paths } from "../../src/ledger/layout.ts";
import type { World } from "./world.ts";

/** Listings of outcomes leave out what is in one of those folders, for so long. Returns what brings it back. */
export function listsLate(
  world: World,
  ms: number,
  ...late: readonly (readonly [shard: number, of: string])[]
): () => void {
  const hidden = world.archive
    .keys()
    .filter((key) => late.some(([shard, of]) => key.includes(paths.outcomes(shard)) && key.endsWith(of)))
    .map((key) => [key, world.archive.object(key)?.bytes ?? Buffer.alloc(0)] as const);
  for (const [key] of hidden) world.archive.removeObject(key);
  const bringBack = () => {
    for (const [key, bytes] of hidden) world.archive.seed(key, bytes);
  };
  void world.clock.sleep(ms).then(bringBack);
  return bringBack;
}
