/** Which message attributes a receive asks for (API_ReceiveMessage, MessageAttributeNames). Pure. */
import type { MessageAttributeValue } from "./shapes.ts";

/** @param names names, `prefix.*`, `All` or `.*`; undefined is returned where nothing is selected */
export function selectAttributes(
  attributes: Readonly<Record<string, MessageAttributeValue>>,
  names: readonly string[] = [],
): Record<string, MessageAttributeValue> | undefined {
  const wanted = (name: string) =>
    names.some((wanted) =>
      wanted === "All" || wanted === ".*"
        ? true
        : wanted.endsWith(".*")
          ? name.startsWith(wanted.slice(0, -1))
          : wanted === name,
    );
  const selected = Object.entries(attributes).filter(([name]) => wanted(name));
  return selected.length > 0 ? Object.fromEntries(selected) : undefined;
}
