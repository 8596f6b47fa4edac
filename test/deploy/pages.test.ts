/** The pages of docs/deploy for containers and hosts name files that are there. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { linesOf, shellBlocks } from "../papers/documented-commands.ts";
import { read, root } from "../papers/papers.ts";

test.each(["docs/deploy/containers.md", "docs/deploy/hosts.md"])("%s", (path) => {
  const words = shellBlocks({ path, text: read(path) })
    .flatMap(linesOf)
    .flatMap(({ text }) => text.split(" "));
  const files = words.filter((word) => word.startsWith("deploy/") && !word.endsWith("/pictures"));
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((file) => !existsSync(resolve(root, file)))).toEqual([]);
});
