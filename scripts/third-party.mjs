// The notices of others' packages that a bundle holds parts of: their licences ask that each copy carries them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** `…/node_modules/@scope/name` of a file within it, as esbuild's metafile names it; undefined of a file of our own. */
const packageOf = (file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];

/** Files that hold a licence or a notice, by the names that npm itself looks for. */
const isNotice = (name) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(name) && !/\.(js|ts|json)$/i.test(name);

/**
 * One text for all packages that went into the outputs of these esbuild metafiles, by name. Throws where one has neither a licence's text nor a
 * licence's name: nobody may pass that on.
 */
export function thirdPartyNotices(metafiles) {
  const used = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? (packageOf(file) ?? []) : [])),
    ),
  );
  const notices = [...new Set(used)].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const texts = readdirSync(folder)
      .filter(isNotice)
      .sort()
      .map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
    if (texts.length === 0 && typeof license !== "string") {
      throw new Error(`${folder} says nothing of its licence, so that it can't be part of a bundle`);
    }
    const text = texts.length > 0 ? texts.join("\n\n") : "(The package holds no licence's text.)";
    return { title: `${name} ${version} (${license ?? "see below"})`, text };
  });
  const sorted = notices.sort((a, b) => (a.title < b.title ? -1 : 1));
  const rule = "-".repeat(80);
  return [
    "The files beside this one hold parts of the packages below, each under its own licence.",
    "cos-originals itself is MIT licensed: LICENSE of its package.",
    ...sorted.map(({ title, text }) => `${rule}\n${title}\n\n${text}`),
    "",
  ].join("\n\n");
}

/** Where dist/ has it, and SCF's folder by itself, which is uploaded as it is. */
export const noticesFile = "THIRD-PARTY-LICENSES.txt";
