/** Examples in doc comments: an `@example` tag with one ```ts fence, a module that can be compiled and run as it is. */

export interface Example {
  /** Of what it documents. */
  readonly name: string;
  readonly text: string;
  /** Lines that it says it prints, each after `// prints ` behind the call that does. */
  readonly prints: readonly string[];
}

const documented =
  /\/\*\*((?:(?!\*\/).)*)\*\/\s*(?:export )?(?:declare )?(?:function|const|class|interface|type) (\w+)/gs;
const fence = /^@example\n```ts\n(.*?)^```$/ms;

/** Of one file of declarations. Throws for code in a comment that is no such example: nothing would compile it. */
export function examplesIn(declarations: string): Example[] {
  return [...declarations.matchAll(documented)].flatMap(([, comment = "", name = ""]) => {
    const words = comment.replace(/^ *\* ?/gm, "");
    if (!/@example|```/.test(words)) return [];
    const text = fence.exec(words)?.[1];
    if (text === undefined) {
      throw new Error(
        `the comment above ${name} has @example but no \`\`\`ts fence below it, or a fence without @example`,
      );
    }
    const prints = [...text.matchAll(/ \/\/ prints (.*)$/gm)].map(([, line = ""]) => line);
    return [{ name, text, prints }];
  });
}
