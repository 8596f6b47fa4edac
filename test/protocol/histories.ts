/**
 * Where a process stands follows from what happened to it, so each history is worked out once by running the real code
 * through it from its beginning, and then remembered. A history that goes on from the last one asked for goes on in the
 * process that is still there.
 */
import { type Birth, type Happening, type Process, type Standing, startProcess } from "./process.ts";

export interface Point {
  /** The same number is the same history. */
  readonly id: number;
  readonly birth: Birth;
  readonly standing: Standing;
}

export interface Histories {
  begin(birth: Birth): Promise<Point>;
  after(point: Point, happening: Happening): Promise<Point>;
  /** Times that a process was run from its beginning. */
  executions(): number;
  /** Different histories. */
  count(): number;
}

interface Node extends Point {
  readonly before: { readonly node: Node; readonly happening: Happening } | undefined;
  readonly next: Map<string, Node>;
  /** The process that stands here, until it goes on. */
  process: Process | undefined;
}

/** Processes kept where they stand. */
const MOST_PROCESSES = 3_000;

export function createHistories(): Histories {
  const beginnings = new Map<string, Node>();
  const standing = new Set<Node>();
  let ids = 0;
  let executions = 0;

  const keep = (node: Node) => {
    standing.add(node);
    if (standing.size <= MOST_PROCESSES) return;
    for (const oldest of standing) {
      oldest.process = undefined;
      standing.delete(oldest);
      return;
    }
  };
  async function processAt(node: Node): Promise<Process> {
    const { process } = node;
    if (process !== undefined) {
      node.process = undefined;
      standing.delete(node);
      return process;
    }
    const happenings: Happening[] = [];
    for (let at = node; at.before !== undefined; at = at.before.node) happenings.push(at.before.happening);
    executions++;
    const again = (await startProcess(node.birth)).process;
    for (const happening of happenings.reverse()) await again.happens(happening);
    return again;
  }

  return {
    async begin(birth) {
      const known = beginnings.get(JSON.stringify(birth));
      if (known !== undefined) return known;
      executions++;
      const started = await startProcess(birth);
      const node: Node = { id: ++ids, birth, ...started, before: undefined, next: new Map() };
      beginnings.set(JSON.stringify(birth), node);
      keep(node);
      return node;
    },
    async after(point, happening) {
      const node = point as Node;
      const says = happening.kind === "time" ? `t${happening.now}` : `${happening.n} ${happening.answer.says}`;
      const known = node.next.get(says);
      if (known !== undefined) return known;
      const process = await processAt(node);
      const now = await process.happens(happening);
      const next: Node = {
        id: ++ids,
        birth: node.birth,
        standing: now,
        before: { node, happening },
        next: new Map(),
        process,
      };
      node.next.set(says, next);
      keep(next);
      return next;
    },
    executions: () => executions,
    count: () => ids,
  };
}
