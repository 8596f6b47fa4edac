export * from "../outcome.ts";
