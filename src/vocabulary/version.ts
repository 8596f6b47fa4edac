/** Set by the build (scripts/build.mjs) from package.json; run from the sources it is "development". */
declare const __VERSION__: string | undefined;

/** Of this package; "development" where it runs from its sources. */
export const version: string = typeof __VERSION__ === "string" ? __VERSION__ : "development";
export const toolVersion = `cos-originals/${version}`;
