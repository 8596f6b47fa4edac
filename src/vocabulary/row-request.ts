/** The requests of a row, by whom they go to and how: a refusal is theirs. The names are those of the report's counts. */
export const rowRequests = ["source.get", "source.head", "archive.put", "archive.head", "source.restore"] as const;

export type RowRequest = (typeof rowRequests)[number];
