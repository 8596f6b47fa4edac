/**
 * What CloudFormation would refuse of a template, as far as its resource schemas tell (cloudformation.json, made by
 * scripts/cloudformation.mjs): types and properties that it does not know, required ones that are missing, values of another kind, and references to
 * what is not there.
 */
import schemas from "./cloudformation.json" with { type: "json" };

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}
interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
}

type Kind =
  | string
  | { readonly list: Kind }
  | { readonly map: Kind }
  | { readonly any: readonly Kind[] }
  | { readonly shape: string };
/** By name, with `!` behind that of a required one. */
type Properties = Readonly<Record<string, Kind>>;

const types: Readonly<Record<string, { readonly attributes: readonly string[]; readonly properties: Properties }>> =
  schemas.types;
const shapes: Readonly<Record<string, Properties>> = schemas.shapes;

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of what a function gives it is not known which kind it is. */
const isIntrinsic = (value: unknown): value is Fields =>
  isFields(value) && Object.keys(value).length === 1 && /^(Ref|Condition|Fn::\w+)$/.test(Object.keys(value)[0] ?? "");

/** One sentence each, in the order of the template. */
export function faultsOf(template: Template): readonly string[] {
  const faults: string[] = [];
  for (const [name, { Type, Properties = {}, DependsOn = [], Condition }] of Object.entries(template.Resources)) {
    const type = types[Type];
    if (type === undefined) faults.push(`${name} is of ${Type}, which is no type that is known here`);
    else checkProperties(Properties, type.properties, name);
    for (const on of [DependsOn].flat()) if (!(on in template.Resources)) missing(name, "DependsOn", on);
    if (Condition !== undefined) checkCondition(Condition, name);
    checkReferences(Properties, name);
  }
  checkReferences(template.Outputs, "Outputs");
  checkReferences(template.Conditions, "Conditions");
  return faults;

  function missing(at: string, how: string, what: string): void {
    faults.push(`${at}: ${how} names ${what}, which is not there`);
  }

  function checkCondition(name: unknown, at: string): void {
    if (!(String(name) in (template.Conditions ?? {}))) missing(at, "Condition", String(name));
  }

  function checkProperties(values: Fields, known: Properties, at: string): void {
    for (const [name, value] of Object.entries(values)) {
      const kind = known[name] ?? known[`${name}!`];
      if (kind === undefined) faults.push(`${at}.${name} is no property that is known`);
      else checkValue(value, kind, `${at}.${name}`);
    }
    for (const name of Object.keys(known)) {
      if (name.endsWith("!") && values[name.slice(0, -1)] === undefined)
        faults.push(`${at} has no ${name.slice(0, -1)}, which it must have`);
    }
  }

  function checkValue(value: unknown, kind: Kind, at: string): void {
    if (isIntrinsic(value)) return;
    if (typeof kind === "string") {
      if (!isOfKind(value, kind)) faults.push(`${at} is ${JSON.stringify(value)}, and no ${kind}`);
    } else if ("any" in kind) {
      if (!kind.any.some((each) => fits(value, each, at))) checkValue(value, kind.any[0] ?? "json", at);
    } else if ("list" in kind) {
      if (!Array.isArray(value)) faults.push(`${at} is no list`);
      else for (const [index, each] of value.entries()) checkValue(each, kind.list, `${at}[${index}]`);
    } else if (!isFields(value)) faults.push(`${at} is ${JSON.stringify(value)}, and no object`);
    else if ("map" in kind)
      for (const [name, each] of Object.entries(value)) checkValue(each, kind.map, `${at}.${name}`);
    else checkProperties(value, shapes[kind.shape] ?? {}, at);
  }

  function fits(value: unknown, kind: Kind, at: string): boolean {
    const before = faults.length;
    checkValue(value, kind, at);
    return faults.splice(before).length === 0;
  }

  function checkReferences(value: unknown, at: string): void {
    if (Array.isArray(value)) {
      for (const [index, each] of value.entries()) checkReferences(each, `${at}[${index}]`);
      return;
    }
    if (!isFields(value)) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === "Ref") checkReference(String(inner), at, "Ref");
      else if (name === "Fn::GetAtt")
        checkAttribute((Array.isArray(inner) ? inner : String(inner).split(".")).map(String), at);
      else if (name === "Fn::Sub") checkText(inner, at);
      else if (name === "Fn::If") checkCondition(Array.isArray(inner) ? inner[0] : inner, at);
      // Of a policy it is something else.
      else if (name === "Condition" && typeof inner === "string") checkCondition(inner, at);
      checkReferences(inner, `${at}.${name}`);
    }
  }

  function checkReference(name: string, at: string, how: string): void {
    if (/^AWS::(AccountId|NoValue|NotificationARNs|Partition|Region|StackId|StackName|URLSuffix)$/.test(name)) return;
    if (!(name in template.Resources) && !(name in (template.Parameters ?? {}))) missing(at, how, name);
  }

  function checkAttribute([name = "", ...rest]: readonly string[], at: string): void {
    const resource = template.Resources[name];
    const attribute = rest.join(".");
    if (resource === undefined) missing(at, "GetAtt", name);
    else if (types[resource.Type]?.attributes.includes(attribute) === false)
      faults.push(`${at}: ${resource.Type} has no attribute ${attribute}`);
  }

  function checkText(value: unknown, at: string): void {
    const [text, own] = Array.isArray(value) ? value : [value, {}];
    for (const [, name = ""] of String(text).matchAll(/\$\{([^!}][^}]*)\}/g)) {
      if (isFields(own) && name in own) continue;
      if (name.includes(".") && !name.startsWith("AWS::")) checkAttribute(name.split("."), at);
      else checkReference(name, at, "Sub");
    }
  }
}

/** Numbers and switches may be written as texts, and are by some tools. */
function isOfKind(value: unknown, kind: string): boolean {
  switch (kind) {
    case "string":
    case "date-time":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean" || value === "true" || value === "false";
    case "integer":
      return Number.isInteger(Number(value)) && value !== "";
    case "number":
      return Number.isFinite(Number(value)) && value !== "";
    case "tag":
      return isFields(value) && typeof value.Key === "string" && "Value" in value;
    default:
      return true;
  }
}
