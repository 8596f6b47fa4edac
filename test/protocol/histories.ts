/**
 * Where a process stands follows from what happened to it, so each history is worked out once by running the real code
 * through it from its beginning, and then remembered. A history that goes on from the last one asked for goes on in the
 * process that is still there.
 */
import { digestOf, withOneMore } from "./digest.ts";
import { type Birth, type Happening, type Process, type Standing, startProcess } from "./process.ts";

export interface Point {
  /**
   * What the process was told so far, by which questions and when, and what it waits for. Where two courses of it agree in
   * that, they differ at most in the order of answers that were under way together, and are taken for one.
   */
  readonly knows: string;
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
  /** What it was told, without what it waits for. */
  readonly told: string;
  readonly now: number;
  readonly before: { readonly node: Node; readonly happening: Happening } | undefined;
  readonly next: Map<string, Node>;
  /** The process that stands here, until it goes on. */
  process: Process | undefined;
}

/** Processes kept where they stand. */
const MOST_PROCESSES = 3_000;

/** @param everyOrder courses are told apart by the order of answers as well */
export function createHistories({ everyOrder }: { readonly everyOrder: boolean }): Histories {
  const beginnings = new Map<string, Node>();
  const kept = new Set<Node>();
  let ids = 0;
  let executions = 0;

  const keep = (node: Node) => {
    kept.add(node);
    if (kept.size <= MOST_PROCESSES) return;
    for (const oldest of kept) {
      oldest.process = undefined;
      kept.delete(oldest);
      return;
    }
  };
  async function processAt(node: Node): Promise<Process> {
    const { process } = node;
    if (process !== undefined) {
      node.process = undefined;
      kept.delete(node);
      return process;
    }
    const happenings: Happening[] = [];
    for (let at = node; at.before !== undefined; at = at.before.node) happenings.push(at.before.happening);
    executions++;
    const { process: again, standing: first } = await startProcess(node.birth);
    let standing = first;
    for (const happening of happenings.reverse()) standing = await again.happens(happening);
    if (knowing(node.told, standing) !== node.knows) throw new Error(`${node.birth.name} does not do the same twice`);
    return again;
  }

  return {
    async begin(birth) {
      const known = beginnings.get(JSON.stringify(birth));
      if (known !== undefined) return known;
      executions++;
      const started = await startProcess(birth);
      ids++;
      const told = digestOf(JSON.stringify(birth));
      const knows = knowing(told, started.standing);
      const node: Node = { knows, told, now: birth.at, birth, ...started, before: undefined, next: new Map() };
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
      const standing = await process.happens(happening);
      ids++;
      const news = newsOf(node, happening);
      const told = everyOrder ? digestOf(`${node.told} ${news}`) : withOneMore(node.told, digestOf(news));
      const next: Node = {
        knows: knowing(told, standing),
        told,
        now: happening.kind === "time" ? happening.now : node.now,
        birth: node.birth,
        standing,
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

function newsOf({ standing, now }: Node, happening: Happening): string {
  if (happening.kind === "time") return `at ${happening.now}`;
  const asked = standing.pending.find(({ n }) => n === happening.n);
  return `${now} ${asked?.what} ${happening.answer.says}`;
}

function knowing(told: string, { pending, wakesAt, over }: Standing): string {
  const waits = pending.map(({ what }) => digestOf(what));
  return digestOf(`${waits.reduce(withOneMore, told)} ${wakesAt} ${over}`);
}
