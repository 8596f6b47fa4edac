import { describe, expect, test } from "vitest";
import { ofBuckets, saidOf, suffixesOf } from "../../../../src/runtime/cli/emulator/bucket-flags.ts";
import { exportLines, variablesFor } from "../../../../src/runtime/cli/emulator/variables.ts";

const [photos, archive] = ["photos-1250000000", "archive-1250000000"];
const buckets = [photos, archive];
const said = (...texts: string[]) => ofBuckets("--protect", texts, buckets);

describe("what is said of buckets", () => {
  test("is of the one that it names, else of all; the name goes before, and the last said before the first", () => {
    expect(saidOf(photos, said("jpg"))?.value).toBe("jpg");
    expect(saidOf(archive, said("jpg"))?.value).toBe("jpg");
    expect(saidOf(archive, said(`${photos}=all`))).toBeUndefined();
    expect(saidOf(photos, said(`${photos}=all`, "jpg"))?.value).toBe("all");
    expect(saidOf(archive, said(`${photos}=all`, "jpg", "png"))?.value).toBe("png");
    expect(saidOf(photos, said(`${photos}=png`, `${photos}=gif`))?.value).toBe("gif");
  });

  test("may hold a = where no bucket stands before it, as folders do", () => {
    expect(said("./a=b", "=x", "Photos=1")).toEqual([
      { bucket: undefined, value: "./a=b", text: "./a=b" },
      { bucket: undefined, value: "=x", text: "=x" },
      { bucket: undefined, value: "Photos=1", text: "Photos=1" },
    ]);
    expect(said(`${photos}=./a=b`)).toMatchObject([{ bucket: photos, value: "./a=b" }]);
  });

  test("is refused of a bucket that is not there, and of none at all", () => {
    expect(() => said("other-1250000000=jpg")).toThrow(
      '--protect "other-1250000000=jpg" names a bucket that is none of --bucket; add --bucket other-1250000000, or name one of photos-1250000000, archive-1250000000.',
    );
    expect(() => ofBuckets("--seed", ["./pictures"], [])).toThrow(
      '--seed "./pictures" is said of no bucket; name one with --bucket NAME-APPID.',
    );
    expect(ofBuckets("--seed", undefined, [])).toEqual([]);
  });

  test("are suffixes without their dots, and none of them empty", () => {
    const [each] = said(`${photos}=.jpg, png`);
    expect(suffixesOf("--protect", each ?? { bucket: undefined, value: "", text: "" })).toEqual(["jpg", "png"]);
    expect(() => suffixesOf("--protect", { bucket: photos, value: "jpg,", text: `${photos}=jpg,` })).toThrow(
      `--protect "${photos}=jpg," holds an empty suffix`,
    );
  });
});

test("variables name the first bucket as source and the second as archive, and what listens everywhere by loopback", () => {
  const queue = {
    endpoint: "http://0.0.0.0:9324",
    queue: "sqs:http://0.0.0.0:9324/000000000000/originals",
    deadLetterQueue: "sqs:http://0.0.0.0:9324/000000000000/originals-dead-letters",
  };
  expect(exportLines(variablesFor("http://0.0.0.0:9000", buckets, queue))).toEqual([
    "export ORIGINALS_ENDPOINT=http://127.0.0.1:9000",
    "export ORIGINALS_REGION=ap-guangzhou",
    "export ORIGINALS_SOURCE=cos://photos-1250000000",
    "export ORIGINALS_ARCHIVE=cos://archive-1250000000/photos/",
    "export ORIGINALS_QUEUE=sqs:http://127.0.0.1:9324/000000000000/originals",
    "export ORIGINALS_DEAD_LETTER_QUEUE=sqs:http://127.0.0.1:9324/000000000000/originals-dead-letters",
    "export AWS_ENDPOINT_URL_SQS=http://127.0.0.1:9324",
    "export AWS_REGION=us-east-1",
    "export AWS_ACCESS_KEY_ID=local",
    "export AWS_SECRET_ACCESS_KEY=local",
  ]);
  expect(Object.keys(variablesFor("http://127.0.0.1:9000", [], queue))).not.toContain("ORIGINALS_SOURCE");
});
