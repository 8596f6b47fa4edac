import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Servers, browsers and command lines start within this on a busy machine; nothing asserts how fast anything is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
