/** Is this a run for every save (`npm run test:quick`, `npm run dev`)? Then what takes seconds by itself is left to `npm test`. */
export const quick: boolean = process.env.QUICK === "yes";

/** How often a property is tried: as often as it says, in a quick run 50 times at most. */
export const runs = (count: number): number => (quick ? Math.min(count, 50) : count);
