/** Which message attributes a receive asks for (API_ReceiveMessage, MessageAttributeNames). Pure. */
import type { MessageAttributeValue } from "./shapes.ts";

/** @param names names, `prefix.*`, `All` or `.*`; undefined is returned where nothing is selected */
export function selectAttributes(
  attributes: Readonly<Record<string, MessageAttributeValue>>,
  names: readonly string[] = [],
): Record<string, MessageAttributeValue> | undefined {
  const wanted = (name: string) =>
    names.some((asked) =>
      asked === "All" || asked === ".*"
        ? true
        : asked.endsWith(".*")
          ? name.startsWith(asked.slice(0, -1))
          : asked === name,
    );
  const selected = Object.entries(attributes).filter(([name]) => wanted(name));
  return selected.length > 0 ? Object.fromEntries(selected) : undefined;
}
