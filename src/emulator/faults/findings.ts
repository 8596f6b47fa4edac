/**
 * What somebody found out about the service in a bucket of their own (`doctor --probe`), as a document without names, and as the switches
 * and the setting that make an emulator behave so.
 */
import * as z from "zod";
import { protectableSuffixes } from "../../cos/origin-protect.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import type { Switches } from "./switches.ts";

export const findingsSchema = "cos-originals/findings@1";

const suffixes = z.array(z.enum(protectableSuffixes));

/** Which suffixes are protected: what the service says of the bucket (null where it may not be asked), and what plain GETs were answered. */
const protection = z.object({
  status: z.enum(["on", "off"]).nullable(),
  refused: suffixes,
  served: suffixes,
});

/** What the code of a refusal looks like, and no key or host does. */
export const findingCode = /^[A-Za-z][A-Za-z0-9 ]{0,63}$/;

/** What can be found out, and the values it may have. `protect` is no switch, but the setting of that name. */
const shapes = {
  protect: protection,
  suffixCaseSensitive: z.boolean(),
  protectionStatusFor154: z.int().min(300).max(499),
  protectionCode: z.string().regex(findingCode),
  protectionMessage: z
    .string()
    .max(300)
    .regex(/^\P{C}*$/u),
  protectionSendsErrNo: z.boolean(),
  signedPlainGetOfProtected: z.enum(["refuse", "allow"]),
  headOfProtected: z.enum(["metadata", "refuse"]),
  styleParameter: z.enum(["read", "ignored"]),
  copyOfProtected: z.enum(["allow", "refuse"]),
  originImageNamesRequest: z.enum(["cos", "ci", "none"]),
  originImageSendsEtag: z.boolean(),
  originImageSendsCrc64: z.boolean(),
  originImageSendsMeta: z.boolean(),
  originImageSendsLastModified: z.boolean(),
  originImageSendsContentLength: z.boolean(),
  anonymousOriginImage: z.enum(["refuse", "allow"]),
  originImageHonoursRange: z.boolean(),
  originImageHonoursConditions: z.boolean(),
  originImageHonoursVersionId: z.boolean(),
  emptyOriginImage: z.enum(["serve", "refuse"]),
  originImageOfOthers: z.enum(["serve", "refuse"]),
  originImageMaxBytes: z.int().min(0),
  fourXxDisplay: z.enum(["code", "placeholder"]),
  placeholderSendsErrNo: z.boolean(),
  smartCompression: z.enum(["off", "plain", "every"]),
  ciBound: z.boolean(),
} as const satisfies Partial<Record<keyof Switches, z.ZodType>> & { readonly protect: z.ZodType };

export type FindingName = keyof typeof shapes;
export type FindingValue<Name extends FindingName> = z.output<(typeof shapes)[Name]>;
export const findingNames = Object.keys(shapes) as readonly FindingName[];

/** The reply that settled it, or that could not. */
export interface FoundReply {
  readonly status: number;
  readonly code?: string;
  readonly errNo?: number;
}

/** One question, by the name of the switch that answers it. */
export interface ProbeFinding {
  readonly switch: FindingName;
  /** null: it could not be settled, and `unknown` says why. */
  readonly value: FindingValue<FindingName> | null;
  readonly unknown?: string;
  /** What was asked of the service. */
  readonly request: string;
  readonly reply?: FoundReply;
}

export interface FindingsDocument {
  readonly schema: typeof findingsSchema;
  /** Of the tool that made it. */
  readonly version: string;
  readonly findings: readonly ProbeFinding[];
}

/** Fields that a newer version adds are passed over. */
const document = z.object({
  schema: z.literal(findingsSchema),
  findings: z.array(z.object({ switch: z.string(), value: z.unknown() })),
});

/** An emulator like the bucket that was probed. */
export interface Likeness {
  readonly switches: Partial<Switches>;
  /** Suffixes under Original Image Protection; absent where nothing is known of them. */
  readonly protect?: readonly string[];
  /** Findings that this version does not know. */
  readonly passedOver: readonly string[];
}

/**
 * What is unknown in them leaves the emulator's own default.
 *
 * @param name of the file that they come from
 * @throws UserError `InvalidFindings`
 */
export function likenessOf(text: string, name: string): Likeness {
  const switches: Record<string, unknown> = {};
  const passedOver: string[] = [];
  const told = new Set<string>();
  let protect: readonly string[] | undefined;
  for (const finding of read(text, name).findings) {
    const known = findingNames.find((each) => each === finding.switch);
    // A document that was put together of two might say either.
    if (told.has(finding.switch)) throw invalid(name, `it tells of ${quote(finding.switch)} twice`);
    told.add(finding.switch);
    if (known === undefined) passedOver.push(finding.switch);
    if (known === undefined || finding.value === null || finding.value === undefined) continue;
    const value = shapes[known].safeParse(finding.value);
    if (!value.success) {
      const what = `${quote(finding.switch)} has the value ${quote(finding.value)}, which it can't have`;
      throw invalid(name, what);
    }
    if (known === "protect") protect = protectedBy(protection.parse(value.data));
    else switches[known] = value.data;
  }
  return { switches: switches as Partial<Switches>, ...(protect === undefined ? {} : { protect }), passedOver };
}

function read(text: string, name: string): z.output<typeof document> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid(name, "it is no JSON");
  }
  const whole = document.safeParse(parsed);
  if (whole.success) return whole.data;
  const schema = anySchema.safeParse(parsed).data?.schema;
  if (schema === findingsSchema) throw invalid(name, `it is a document ${findingsSchema} whose findings are none`);
  const other = schema === undefined ? "" : `, but ${quote(schema)}`;
  const advice = newer.test(schema ?? "") ? "; a later version of cos-originals made it, which reads it" : "";
  throw invalid(name, `it is no document ${findingsSchema}${other}${advice}`);
}

const anySchema = z.object({ schema: z.string() });
const newer = /^cos-originals\/findings@\d+$/;

function invalid(name: string, why: string): UserError {
  return new UserError(
    "InvalidFindings",
    `The findings in ${quote(name)} can't be used: ${why}; give what doctor --probe --json printed.`,
  );
}

/** Where it is on and no suffix was refused, those are protected of which no key was there to try. */
function protectedBy({ status, refused, served }: FindingValue<"protect">): readonly string[] {
  if (refused.length > 0 || status !== "on") return refused;
  return protectableSuffixes.filter((suffix) => !served.includes(suffix));
}
