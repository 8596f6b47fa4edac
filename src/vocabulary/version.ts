/** Set by the build (scripts/build.mjs) from package.json; run from the sources it is "development". */
declare const __VERSION__: string | undefined;

export const version: string = typeof __VERSION__ === "string" ? __VERSION__ : "development";
export const toolVersion = `cos-originals/${version}`;
