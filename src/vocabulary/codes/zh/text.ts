/** What the catalogue says of a code, in Chinese. */
export interface Text {
  /** 发生了什么。 */
  readonly means: string;
  /** 该怎么做；没有可做的就没有这一项。 */
  readonly advice?: string;
}

/** Of each code that these names name, and of no other. */
export type Texts<Names extends PropertyKey> = Readonly<Record<Names, Text>>;
