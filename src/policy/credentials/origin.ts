/** Where `--credentials-from` says that credentials are. Pure: nothing is opened, and what a command's arguments are is nobody's business. */

export type NamedOrigin =
  | { readonly kind: "environment" }
  /** @member profile the section of a file that has several */
  | { readonly kind: "file"; readonly path: string; readonly profile?: string | undefined }
  /** A program and its arguments; no shell reads them. */
  | { readonly kind: "command"; readonly words: readonly [program: string, ...rest: string[]] }
  /** The role that is bound to this machine; its only one where none is named. */
  | { readonly kind: "role"; readonly role?: string | undefined }
  /** A secret that AWS keeps, in SSM's Parameter Store or Secrets Manager: its name, or its ARN. */
  | NamedSecret;

export type NamedSecret =
  | { readonly kind: "ssm"; readonly name: string }
  | { readonly kind: "secretsmanager"; readonly name: string };
export type SecretService = NamedSecret["kind"];

export const originForms =
  "environment, file:PATH[#PROFILE], command:PROGRAM ARGUMENTS, role[:NAME], ssm:NAME or secretsmanager:NAME";

/** Else what is wrong, as the end of the sentence `--credentials-from "…" …`. */
export function readOrigin(text: string): NamedOrigin | { readonly fault: string } {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? "" : text.slice(colon + 1);
  switch (kind) {
    case "environment":
      return colon < 0 ? { kind } : { fault: "says more than environment, which is all there is to say" };
    case "file": {
      const [, path = "", profile] = /^(.*?)(?:#([^#/\\]*))?$/s.exec(rest) ?? [];
      if (path === "") return { fault: "names no file" };
      return profile ? { kind, path, profile } : { kind, path };
    }
    case "command": {
      const [program, ...more] = wordsOf(rest) ?? [];
      return program ? { kind, words: [program, ...more] } : { fault: "names no command, or leaves a quote open" };
    }
    case "role":
      if (rest === "") return { kind };
      return isRole(rest) ? { kind, role: rest } : { fault: "names no role" };
    case "ssm":
    case "secretsmanager":
      return isSecretName(rest) ? { kind, name: rest } : { fault: "names no secret" };
    default:
      return { fault: `is none of ${originForms}` };
  }
}

/** A name or an ARN, as either service takes it. */
export const isSecretName = (name: string): boolean => /^[\w.\-/:+=@!]{1,2048}$/.test(name);

/** As it may be shown: of a command its program alone, and what names no place not at all, for it may be the key itself. */
export function shownOrigin(text: string): string {
  if (!/^[a-z]{1,20}(?::|$)/.test(text)) return "…";
  return text.replace(/^(command:\s*(?:"[^"]*"|'[^']*'|\S+)).+/s, "$1 …");
}

/** As CAM takes the name of a role. */
export const isRole = (name: string): boolean => /^[\w+=,.@-]{1,128}$/.test(name);

/** Words with spaces between them; what stands in double or single quotes is as it is. Undefined where a quote is left open. */
export function wordsOf(text: string): readonly string[] | undefined {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const open = text.replaceAll(/"[^"]*"|'[^']*'/g, "");
  if (/["']/.test(open)) return undefined;
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
}
