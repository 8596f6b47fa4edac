/** An invariant of the design was found broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}
