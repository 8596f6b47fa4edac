import { describe, expect, test } from "vitest";
import { examplesIn } from "./examples.ts";

describe("what looks for examples", () => {
  test("finds the code, the name of what is documented, and what is to be printed", () => {
    const declaration = [
      "/**",
      " * Adds.",
      " *",
      " * @example",
      " * ```ts",
      ' * import { add } from "sums";',
      " *",
      " * console.log(add(1, 2)); // prints 3",
      " * ```",
      " */",
      "declare function add(a: number, b: number): number;",
      "/** No example. */",
      "declare const none: number;",
    ].join("\n");
    expect(examplesIn(declaration)).toEqual([
      { name: "add", text: 'import { add } from "sums";\n\nconsole.log(add(1, 2)); // prints 3\n', prints: ["3"] },
    ]);
  });

  test("refuses an example of nothing, and code that nobody would compile", () => {
    expect(() => examplesIn("/**\n * @example\n * add(1, 2)\n */\ndeclare const add: number;")).toThrow(/no ```ts/);
    expect(() => examplesIn("/**\n * ```ts\n * add(1, 2)\n * ```\n */\ndeclare const add: number;")).toThrow(
      /@example/,
    );
  });
});
