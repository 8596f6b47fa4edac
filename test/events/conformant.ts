/**
 * What of an event is not as CloudEvents 1.0 says, attribute by attribute; nothing of one that conforms. By the specification's own words and its
 * JSON schema (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/cloudevents.json).
 */
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
/** RFC 3986: the characters of a URI reference; each percent with two digits behind it. */
const uriReference = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
/** No control characters, no surrogate alone, no noncharacter. */
const isText = (value: unknown): boolean =>
  typeof value === "string" &&
  value !== "" &&
  value.isWellFormed() &&
  !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(value);

const attributes: Readonly<Record<string, (value: unknown) => boolean>> = {
  specversion: (value) => value === "1.0",
  id: isText,
  source: (value) => isText(value) && uriReference.test(String(value)),
  type: isText,
  subject: isText,
  time: (value) => isText(value) && rfc3339.test(String(value)),
  datacontenttype: (value) => value === "application/json",
  data: (value) => typeof value === "object" && value !== null,
};
const required = ["specversion", "id", "source", "type"];

/** @param text one event in JSON */
export function faultsOf(text: string): readonly string[] {
  const event = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return [
    ...required.filter((name) => !(name in event)).map((name) => `${name}: missing`),
    ...Object.entries(event).flatMap(([name, value]) => {
      if (!/^[a-z0-9]{1,20}$/.test(name)) return [`${name}: no name of an attribute`];
      const check = attributes[name];
      if (check === undefined) return [`${name}: an attribute that nobody has told of`];
      return check(value) ? [] : [`${name}: ${JSON.stringify(value)}`];
    }),
  ];
}
