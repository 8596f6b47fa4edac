/** What SCF's function works in the invocation itself, where no queue takes it: messages, and for a timer whatever the ledger says is unfinished. */
import pLimit from "p-limit";
import type { Settings } from "../../config/read.ts";
import type { QueueFromUrl } from "../../queue/index.ts";
import type { Summary } from "../../report/summary.ts";
import { deliver } from "../../run/deliver/deliver.ts";
import type { createDeadLetters } from "../../run/messages/dead-letters.ts";
import type { Sender } from "../../run/messages/delivery.ts";
import { noQueue } from "../../run/messages/queue-sender.ts";
import { createTick, type Tick, type TickOptions } from "../../run/work/tick.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { ledgerPlace } from "../settings/places.ts";
import type { FunctionWorker } from "./function-worker.ts";
import type { RunningInvocation } from "./invocation.ts";
import type { PushedMessage } from "./scf-event.ts";

/** `summary`: of one message, how its run stands; `report`: the address of the folder where its report is, or will be. */
export interface WorkedAtOnce {
  readonly acknowledged: number;
  readonly rejected: number;
  readonly summary?: Summary;
  readonly report?: string;
}

/** What each delivery of an invocation is given. */
export interface Within {
  readonly deadline: number;
  readonly invocation: RunningInvocation;
}

/** A queue that is kept from call to call; `done` as of a worker. */
export type KeptQueue = QueueFromUrl & Pick<FunctionWorker, "done">;

/** Kept open until the invocation is over. */
export function taken(queue: KeptQueue | undefined, { invocation }: Within): KeptQueue | undefined {
  invocation.whenOver(queue?.done);
  return queue;
}

const messagesAtOnce = 4;
/** Shards worked at once by a timer that has no queue. */
const mostShardsAtOnce = 64;

export function notWorked(messages: number, of: number, reason: string): UserError {
  const what = `${messages} of ${of} ${nounOf(of, "message")} can't be worked, and no dead-letter queue took them`;
  return new UserError("NotWorked", `${what}: ${reason.replace(/\.$/, "")}.`);
}

/** Keeps how the run of one message stands. */
export function tellingOne() {
  let stands: Pick<WorkedAtOnce, "summary" | "report"> = {};
  return {
    onSummary: (summary: Summary, report: string) => {
      stands = { summary, report };
    },
    stands: () => stands,
  };
}

export function createWorkHere(
  deadLettersOf: ReturnType<typeof createDeadLetters>,
  parts: {
    readonly openDeadLetterQueue?: ((settings: Settings) => KeptQueue | undefined) | undefined;
    readonly clock: Clock;
  },
) {
  const { clock } = parts;
  return { tickOf, workHere };

  /** Undefined of a worker that tells not what it works with, and of one whose settings name no ledger: its messages bring each its own. */
  function tickOf(
    { settings, handle, surroundings }: FunctionWorker,
    { deadline, invocation }: Within,
    { onSummary, scheduled }: Pick<TickOptions, "onSummary" | "scheduled">,
  ): Tick | undefined {
    const { archive, ledger } = settings.values;
    if (surroundings === undefined || (archive ?? ledger) === undefined) return undefined;
    const { concurrency } = surroundings.settings;
    // As many as keep the tasks busy while one shard ends and the next begins.
    const shardsAtOnce = Math.min(mostShardsAtOnce, Math.ceil(concurrency / settings.values.shardSize) + 1);
    return createTick({
      handle,
      place: ledgerPlace(settings),
      surroundings: { ...surroundings, log: invocation.log },
      deadline,
      invocation,
      shardsAtOnce,
      onSummary,
      scheduled,
    });
  }

  /** @param toQueue absent: there is none, and what is begun is gone on with here, and by timers */
  async function workHere(
    worker: FunctionWorker,
    messages: readonly PushedMessage[],
    within: Within,
    toQueue?: Sender,
  ): Promise<WorkedAtOnce> {
    const { onSummary, stands } = tellingOne();
    const { log } = within.invocation;
    const deadLetters = deadLettersOf(undefined, taken(parts.openDeadLetterQueue?.(worker.settings), within));
    const tick = toQueue === undefined ? tickOf(worker, within, { onSummary }) : undefined;
    const sender = toQueue ?? tick?.sender ?? noQueue;
    const sentHere = tick?.sentHere;
    const answers = await pLimit(messagesAtOnce).map(messages, ({ body, id }) =>
      deliver(worker.handle, { body, messageId: id, ...within, onSummary, sentHere }, sender, {
        clock,
        log,
        deadLetters,
      }),
    );
    await tick?.work();
    const again = answers.filter((answer) => answer.kind === "give-back");
    if (again[0] !== undefined) {
      throw new UserError(
        "NotWorked",
        `${again.length} of ${answers.length} ${nounOf(answers.length, "message")} must be delivered again: ${again[0].reason.replace(/\.$/, "")}.`,
      );
    }
    // What nobody holds would be lost: the event comes again, and holds up its partition until somebody looks, or sets a
    // dead-letter queue.
    const lost = answers.filter((answer) => answer.kind === "reject" || answer.kind === "refuse");
    if (lost[0] !== undefined) throw notWorked(lost.length, answers.length, lost[0].reason);
    const acknowledged = answers.filter((answer) => answer.kind === "acknowledge").length;
    const ended = { acknowledged, rejected: answers.length - acknowledged };
    return messages.length > 1 ? ended : { ...ended, ...stands() };
  }
}
