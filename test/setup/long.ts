/** Imported by files whose tests take minutes by themselves, and on a busy machine far more: for them alone a hang is an hour. */
import { vi } from "vitest";

vi.setConfig({ testTimeout: 3_600_000 });
