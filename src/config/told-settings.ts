/** Who is told of a run and of a process: others, their monitoring, and whoever reads its log. */
import { type Setting, setting } from "./setting.ts";
import * as values from "./values.ts";

export const toldSettings = {
  ping: setting(values.pingUrl, {
    group: "told",
    onlyNamed: true,
    placeholder: "URL",
    description:
      "a dead man's switch: is told that the run begins (URL/start), and that it ended well (URL) or not (URL/fail)",
    example: "https://hc-ping.com/CHECK",
  }),
  stats: setting(values.interval, {
    group: "told",
    placeholder: "TIME",
    description: "a line on standard error every so often that says how far it is, with or without a terminal",
    example: "1m",
  }),
  listen: setting(values.listen, {
    group: "told",
    onlyNamed: true,
    placeholder: "HOST:PORT",
    description: "answer /healthz, /readyz and /metrics there; a port alone is of 127.0.0.1, which nobody else reaches",
    example: "127.0.0.1:9464",
  }),
  metricsFile: setting(values.file, {
    group: "told",
    onlyNamed: true,
    placeholder: "FILE",
    description: "write metrics at the end to this file, for node_exporter's textfile folder: NAME.prom",
    example: "/var/lib/node_exporter/originals.prom",
  }),
  events: setting(values.target, {
    group: "told",
    onlyNamed: true,
    placeholder: "TARGET",
    description: "who is told of each object that is archived: a webhook (https://…), sqs:URL or tdmq:URL",
    example: "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/pictures",
  }),
  notify: setting(values.target, {
    group: "told",
    onlyNamed: true,
    placeholder: "TARGET",
    description:
      "who is told that a run ended, was stopped, or was refused: a webhook (https://…), sqs:URL or tdmq:URL",
    example: "https://hooks.example.com/originals",
  }),
} as const satisfies Record<string, Setting<unknown>>;
