import { describe, expect, it } from "vitest";
import { keepInUse } from "../../../src/runtime/function/kept-in-use.ts";

interface Kept {
  readonly name: string;
  readonly done: () => void;
}

function lab() {
  const closed: string[] = [];
  const take = keepInUse<Kept>(({ name }) => void closed.push(name));
  let made = 0;
  return { closed, take: (says: string) => take(says, (done) => ({ name: `${says}${++made}`, done })) };
}

describe("what is kept from call to call", () => {
  it("is the same for as long as it would be made alike, and stays open between two calls", () => {
    const { take, closed } = lab();
    const first = take("a");
    first.done();
    expect(take("a")).toBe(first);
    expect(closed).toEqual([]);
  });

  it("is closed at once where another takes its place and nobody works with it", () => {
    const { take, closed } = lab();
    take("a").done();
    take("b");
    expect(closed).toEqual(["a1"]);
  });

  // Catches: a call that ends the connections of another that is in the middle of a shard.
  it("is closed by the last of several calls that work with it, however many have come and gone since", () => {
    const { take, closed } = lab();
    const [one, two] = [take("a"), take("a")];
    const three = take("b");
    one.done();
    take("c").done();
    expect(closed).toEqual([]);
    three.done();
    expect(closed).toEqual(["b2"]);
    two.done();
    expect(closed).toEqual(["b2", "a1"]);
  });

  it("stays where what takes its place can't be made", () => {
    const closed: string[] = [];
    const take = keepInUse<Kept>(({ name }) => void closed.push(name));
    const make = (name: string) => (done: () => void) => ({ name, done });
    const first = take("a", make("a"));
    const refuse = () => {
      throw new Error("no such setting");
    };
    expect(() => take("b", refuse)).toThrow("no such setting");
    expect([take("a", make("again")), closed]).toEqual([first, []]);
  });
});
