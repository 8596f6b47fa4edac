import { archivedEvent } from "../../src/events/archived-event.ts";
import type { CloudEvent } from "../../src/events/cloud-event.ts";
import { inputFor } from "../run/work/input.ts";

const { request } = inputFor([]);

/** So many, of objects named by their numbers. */
export const eventsOf = (count: number): readonly CloudEvent[] =>
  Array.from({ length: count }, (_, row) => {
    const archiveKey = `photos/${row}.jpg`;
    const outcome = {
      row,
      key: archiveKey,
      archiveKey,
      outcome: "archived",
      receivedCrc64: "1",
      attempts: 1,
      ms: 1,
    } as const;
    return archivedEvent(request, outcome) as CloudEvent;
  });
