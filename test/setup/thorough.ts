/** Is this a run that may take an hour (`.ci/thorough`)? Then searches go as far as they can, and what is known beforehand is found anew. */
export const thorough: boolean = process.env.THOROUGH === "yes";
