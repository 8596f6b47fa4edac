/**
 * CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md), as JSON (…/formats/json-format.md): what others
 * are told of a run. `source` and `id` together are the same wherever the same is told again, so that it can be left out the second time.
 */

export interface CloudEvent {
  readonly specversion: "1.0";
  readonly id: string;
  /** A URI. */
  readonly source: string;
  readonly type: EventType;
  readonly subject?: string | undefined;
  /** RFC 3339. */
  readonly time?: string | undefined;
  readonly datacontenttype: "application/json";
  readonly data: Readonly<Record<string, unknown>>;
}

export const eventTypes = ["cos-originals.object.archived", "cos-originals.run.ended"] as const;
export type EventType = (typeof eventTypes)[number];

/** As JSON that any queue takes: SQS refuses two characters that JSON does not escape. */
export const eventText = (event: CloudEvent): string =>
  JSON.stringify(event).replace(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);

/** Attributes hold no control characters (…/spec.md#type-system), and some keys do. */
export const attributeText = (text: string): string =>
  text.toWellFormed().replace(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, (character) => encodeURIComponent(character));
