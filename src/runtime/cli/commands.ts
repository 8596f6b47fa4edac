/** Which commands there are. */
import type { CommandOfProgram } from "./help/command.ts";

const runArgument = { name: "<RUN>", description: "id of the run" };

/** In the order of the help. Each is read when it is asked for: all of them together take longer to read than some take to run. */
export const commands: readonly CommandOfProgram[] = [
  {
    name: "run",
    group: "archive",
    description: "archive the originals of a manifest or a listing: plan, archive and report in this process",
    load: async () => {
      const { describeRun, runCommand } = await import("./run.ts");
      return { describe: describeRun, run: runCommand };
    },
  },
  {
    name: "plan",
    group: "archive",
    description: "say what a run would come to: rows, bytes, requests, cost, time; writes nothing",
    load: async () => {
      const { describePlan, planCommand } = await import("./plan.ts");
      return { describe: describePlan, run: planCommand };
    },
  },
  {
    name: "submit",
    group: "archive",
    description: "plan a run and send its shards to a queue, for workers to archive",
    load: async () => {
      const { describeSubmit, submitCommand } = await import("./submit.ts");
      return { describe: describeSubmit, run: submitCommand };
    },
  },
  {
    name: "work",
    group: "archive",
    description: "poll a queue and archive what it brings, until stopped",
    load: async () => {
      const { describeWork, workCommand } = await import("./worker.ts");
      return { describe: describeWork, run: workCommand };
    },
  },
  {
    name: "runs",
    group: "runs",
    description: "the runs of a ledger, the newest first: when, how each ended or stands, rows, bytes, cost",
    load: async () => {
      const { describeRuns, runsCommand } = await import("./runs.ts");
      return { describe: describeRuns, run: runsCommand };
    },
  },
  {
    name: "status",
    group: "runs",
    argument: runArgument,
    description: "counts of a run, by listing its markers alone",
    load: async () => {
      const { describeStatus, statusCommand } = await import("./status.ts");
      return { describe: describeStatus, run: statusCommand };
    },
  },
  {
    name: "report",
    group: "runs",
    // --index is of no run alone.
    argument: { ...runArgument, name: "[RUN]" },
    description: "write the report of a run, whatever state it is in: summary, results, failures, HTML",
    load: async () => {
      const { describeReport, reportCommand } = await import("./report.ts");
      return { describe: describeReport, run: reportCommand };
    },
  },
  {
    name: "explain",
    group: "runs",
    argument: { name: "<CODE>", description: "as failures.csv, a report or an error has it: NoProof, -154" },
    description: "what a code means, what follows from it, and what to do",
    load: async () => {
      const { describeExplain, explainCommand } = await import("./help/explain.ts");
      return { describe: describeExplain, run: explainCommand };
    },
  },
  {
    name: "redrive",
    group: "runs",
    argument: runArgument,
    description: "a new run of the rows of a run that failed: here, or by the workers of --queue",
    load: async () => {
      const { describeRedrive, redriveCommand } = await import("./redrive.ts");
      return { describe: describeRedrive, run: redriveCommand };
    },
  },
  {
    name: "cancel",
    group: "runs",
    argument: runArgument,
    description: "stop a run: no new task begins after the next heartbeat (10 s), wherever it is worked",
    load: async () => {
      const { describeCancel, cancelCommand } = await import("./cancel.ts");
      return { describe: describeCancel, run: cancelCommand };
    },
  },
  {
    name: "resume",
    group: "runs",
    argument: runArgument,
    description: "let a run that was cancelled or halted go on: with --queue by its workers, else by run --resume",
    load: async () => {
      const { describeResume, resumeCommand } = await import("./resume.ts");
      return { describe: describeResume, run: resumeCommand };
    },
  },
  {
    name: "events",
    group: "runs",
    argument: runArgument,
    description: "tell others what a run could not tell them, or with --replay all that it archived",
    load: async () => {
      const { describeEvents, eventsCommand } = await import("./events/events.ts");
      return { describe: describeEvents, run: eventsCommand };
    },
  },
  {
    name: "verify",
    group: "runs",
    argument: runArgument,
    description: "ask the archive for every object that a run archived: is it there, and the same?",
    load: async () => {
      const { describeVerify, verifyCommand } = await import("./verify.ts");
      return { describe: describeVerify, run: verifyCommand };
    },
  },
  {
    name: "restore",
    group: "back",
    description: "bring keys back from an archive, as it is or as it was at a time: to COS, S3 or a folder, proven",
    load: async () => {
      const { describeRestore, restoreCommand } = await import("./restore.ts");
      return { describe: describeRestore, run: restoreCommand };
    },
  },
  {
    name: "check",
    group: "back",
    description: "compare a source with an archive, without any run: is each original there, and the same?",
    load: async () => {
      const { describeCheck, checkCommand } = await import("./leaving/check.ts");
      return { describe: describeCheck, run: checkCommand };
    },
  },
  {
    name: "protection",
    group: "back",
    argument: { name: "<WHAT>", description: "status, on or off", choices: ["status", "on", "off"] },
    description: "say whether Original Image Protection is on, turn it on, or take it off where a check agreed",
    load: async () => {
      const { describeProtection, protectionCommand } = await import("./leaving/protection.ts");
      return { describe: describeProtection, run: protectionCommand };
    },
  },
  {
    name: "sign",
    group: "back",
    argument: { name: "<KEY>", description: "the whole key of one original" },
    description: "print a signed URL that brings one original to whoever has it, for a while",
    load: async () => {
      const { describeSign, signCommand } = await import("./original/sign.ts");
      return { describe: describeSign, run: signCommand };
    },
  },
  {
    name: "init",
    group: "begin",
    description: "write a config file, from at most five answers or from flags",
    load: async () => {
      const { describeInit, initCommand } = await import("./begin/init.ts");
      return { describe: describeInit, run: initCommand };
    },
  },
  {
    name: "doctor",
    group: "begin",
    description: "probe real buckets: credentials, clock, permissions, protection, what originImage answers",
    load: async () => {
      const { describeDoctor, doctorCommand } = await import("./begin/doctor.ts");
      return { describe: describeDoctor, run: doctorCommand };
    },
  },
  {
    name: "policy",
    group: "begin",
    description:
      "print the least-privilege policy of a configuration, CAM's or IAM's: what a run of it must be allowed to do",
    load: async () => {
      const { describePolicy, policyCommand } = await import("./policy.ts");
      return { describe: describePolicy, run: policyCommand };
    },
  },
  {
    name: "completion",
    group: "begin",
    argument: { name: "<SHELL>", description: "bash, zsh or fish", choices: ["bash", "zsh", "fish"] },
    description: "print a script that has a shell complete commands, flags and their words",
    load: async () => {
      const { completionCommand, describeCompletion } = await import("./help/completion.ts");
      return { describe: describeCompletion, run: completionCommand(commands) };
    },
  },
  {
    name: "emulator",
    group: "try",
    description: "serve an embedded COS with Original Image Protection, for local runs and tests",
    load: async () => {
      const { describeEmulator, emulatorCommand } = await import("./emulator/emulator.ts");
      return { describe: describeEmulator, run: emulatorCommand };
    },
  },
  {
    name: "demo",
    group: "try",
    description: "archive 500 rows from an embedded, protected bucket through an embedded queue, and check every byte",
    load: async () => {
      const { describeDemo, demoCommand } = await import("./demo/demo.ts");
      return { describe: describeDemo, run: demoCommand };
    },
  },
];
