/** What `init` asks: at most five questions, each answer checked at once, as the flag of its name would be. */
import { readSettings } from "../../../config/read.ts";
import type { SettingName } from "../../../config/settings.ts";
import { storeOf } from "../../../vocabulary/address.ts";
import { ensureError } from "../../../vocabulary/errors.ts";
import type { Texts } from "./config-text.ts";

export interface Person {
  /** Undefined where there is no answer: the input ended, or the command was interrupted. */
  answer(question: string): Promise<string | undefined>;
  /** One sentence about the answer. */
  complain(sentence: string): void;
}

/** @returns what was given, and what was answered; undefined where a question had no answer */
export async function askSettings(given: Texts, person: Person): Promise<Texts | undefined> {
  const texts = new Map(given);

  /** Asked again until it will do. @param standard what an empty answer says */
  const settle = async (name: SettingName, question: string, standard?: string): Promise<boolean> => {
    for (;;) {
      const said = await person.answer(`${question}${standard === undefined ? "" : ` [${standard}]`}:`);
      if (said === undefined) return false;
      const text = said.trim() === "" ? standard : said.trim();
      if (text === undefined) continue;
      const fault = faultOf(texts, name, text);
      if (fault === undefined) {
        texts.set(name, text);
        return true;
      }
      person.complain(fault);
    }
  };

  const regionOf = (name: "sourceRegion" | "archiveRegion") => read(texts).values[name];

  if (!texts.has("source")) {
    if (!(await settle("source", "Where the originals are, cos://BUCKET-APPID/PREFIX or its URL"))) return undefined;
  }
  if (regionOf("sourceRegion") === undefined && !texts.has("region")) {
    if (!(await settle("region", "The region of that bucket, like ap-guangzhou"))) return undefined;
  }
  if (!texts.has("archive")) {
    const question = "Where to archive them, cos://…, s3://BUCKET/PREFIX or file:///FOLDER";
    if (!(await settle("archive", question))) return undefined;
  }
  if (regionOf("archiveRegion") === undefined) {
    const store = storeOf(texts.get("archive") ?? "");
    const same = texts.get("region") ?? regionOf("sourceRegion");
    if (store === "s3" && !(await settle("archiveRegion", "The region of that bucket, like us-east-1")))
      return undefined;
    if (store === "cos" && !given.has("region")) {
      if (!(await settle("archiveRegion", "The region of that bucket", same))) return undefined;
      if (texts.get("archiveRegion") === texts.get("region")) texts.delete("archiveRegion");
    }
  }
  if (!texts.has("manifest") && !texts.has("list")) {
    const question = "Which originals, list for all of them, or a manifest (FILE, cos://…)";
    if (!(await settle("manifest", question, "list"))) return undefined;
    if (texts.get("manifest") === "list") {
      texts.delete("manifest");
      texts.set("list", "true");
    }
  }
  return texts;
}

/** A listing has nothing to derive a run's name from. */
export function named(texts: Texts): Texts {
  return texts.get("list") === "true" && !texts.has("run") ? new Map([...texts, ["run", "nightly-{date}"]]) : texts;
}

const read = (texts: Texts) => readSettings({ flags: Object.fromEntries(texts) });

function faultOf(texts: Texts, name: SettingName, text: string): string | undefined {
  try {
    read(new Map([...texts, [name, text]]));
    return undefined;
  } catch (thrown) {
    return ensureError(thrown).message.replace(/^--[a-z-]+ /, "");
  }
}
