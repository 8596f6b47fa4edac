/** Which servers are spoken to, and with what requests are signed. */
import { originForms, shownOrigin } from "../policy/credentials/origin.ts";
import { type Setting, setting } from "./setting.ts";
import * as values from "./values.ts";

const startsProgram = (text: string) => text.startsWith("command:");

export const connectionSettings = {
  endpoint: setting(values.endpoint, {
    group: "connection",
    onlyNamed: true,
    placeholder: "TEMPLATE",
    description:
      "what to dial instead of https://{bucket}.cos.{region}.myqcloud.com; without {bucket}, dialled as it is",
    example: "https://{bucket}.cos-internal.{region}.tencentcos.cn",
  }),
  sourceEndpoint: setting(values.endpoint, {
    group: "connection",
    onlyNamed: true,
    placeholder: "TEMPLATE",
    description: "--endpoint of --source and of a cos:// manifest alone",
    example: "https://{bucket}.cos-internal.{region}.tencentcos.cn",
  }),
  archiveEndpoint: setting(values.endpoint, {
    group: "connection",
    onlyNamed: true,
    placeholder: "TEMPLATE",
    description: "--endpoint of --archive and --ledger alone",
    example: "https://{bucket}.cos-internal.{region}.tencentcos.cn",
  }),
  credentialsFrom: setting(values.credentialsFrom, {
    group: "connection",
    onlyNamed: true,
    startsProgram,
    shown: shownOrigin,
    placeholder: "WHERE",
    description: `where credentials for COS are: ${originForms} (default: the environment, else the files of Tencent's tools)`,
    example: "role",
  }),
  archiveCredentialsFrom: setting(values.credentialsFrom, {
    group: "connection",
    onlyNamed: true,
    startsProgram,
    shown: shownOrigin,
    placeholder: "WHERE",
    description: "those of --archive and --ledger, where they are in another account",
    example: "file:/etc/cos-originals/archive.json",
  }),
  allowHttp: setting(values.hosts, {
    group: "connection",
    onlyNamed: true,
    placeholder: "HOST",
    description: "host that may be dialled by plain http (loopback always may)",
    example: "cos.intranet.example",
    repeatable: true,
  }),
} as const satisfies Record<string, Setting<unknown>>;
