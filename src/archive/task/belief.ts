/**
 * Is what a row is known by still believed? A kept connection that brings more than was asked for takes the standing of what it
 * brought before: that may have been the reply to another request. Such a row begins anew, charged with nothing. Pure.
 */
import { type Knowledge, type Rules, startKnowledge } from "./knowledge.ts";
import type { Task } from "./task.ts";

export function isBelieved({ head, there, fetched, put }: Knowledge): boolean {
  return (
    head?.standing?.believed !== false &&
    there?.standing?.believed !== false &&
    fetched?.standing?.believed !== false &&
    put?.believed !== false
  );
}

/**
 * As if nothing had been asked yet, nor fetched: what was paid for need not be the original. What was put on the word of it is this
 * run's own and is replaced, whatever `--if-exists` says.
 */
export function startAnew(knowledge: Knowledge, task: Task, rules: Pick<Rules, "options">): Knowledge {
  const { tries, rounds, startedAt, verdict } = knowledge;
  const replaces = knowledge.replaces || verdict?.kind === "archived";
  const anew = startKnowledge(task, rules, startedAt);
  return { ...anew, tries, rounds, replaces, archive: replaces ? "asked" : anew.archive };
}
