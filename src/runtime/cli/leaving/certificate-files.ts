/** A certificate as files: the document that `--certificate` names, and beside it a page for people. */
import { readFile, writeFile } from "node:fs/promises";
import { type Certificate, certificateShape } from "../../../report/certificate.ts";
import { certificateHtml } from "../../../report/certificate-html.ts";
import { ensureError, quote, UserError } from "../../../vocabulary/errors.ts";
import { unwritable } from "../terminal/unwritable.ts";

/** `check.json` has its page in `check.html`. */
export const pageOf = (path: string): string => `${path.replace(/\.json$/i, "")}.html`;

/** Before any request is made: a folder that is not there is said at once. Throws UserError `OutUnwritable`. */
export async function checkCertificatePath(path: string): Promise<void> {
  // What an earlier check said is not to stand there while another goes on, nor after one that failed.
  await Promise.all([path, pageOf(path)].map((file) => write(file, "")));
}

/** Throws UserError `OutUnwritable`. */
export async function writeCertificate(path: string, certificate: Certificate): Promise<void> {
  await write(pageOf(path), certificateHtml(certificate));
  await write(path, `${JSON.stringify(certificate, undefined, 2)}\n`);
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (thrown) {
    throw unwritable(`--certificate ${quote(path)}`, thrown);
  }
}

/** Throws UserError `InvalidCertificate`. */
export async function readCertificate(path: string): Promise<Certificate> {
  const invalid = (why: string) =>
    new UserError(
      "InvalidCertificate",
      `--certificate ${quote(path)} is no certificate of a check: ${why}; give the file that check --certificate wrote.`,
    );
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, "utf8"));
  } catch (thrown) {
    throw invalid(ensureError(thrown).message);
  }
  const read = certificateShape.safeParse(document);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalid(`${issue?.path.join(".") || "the document"}: ${issue?.message ?? "it can't be read"}`);
}
