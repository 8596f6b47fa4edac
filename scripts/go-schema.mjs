// Reads a Terraform provider's schema from its Go sources, as far as they are plain: `map[string]*schema.Schema{ "name": { Type: … }, … }`. What is
// made by a function is kept as a block of which nothing more is known.

/** Where a string, a character or a comment that begins at `at` ends; undefined where none does. */
function skipText(go, at) {
  if (go.startsWith("//", at)) return go.indexOf("\n", at);
  if (go.startsWith("/*", at)) return go.indexOf("*/", at) + 2;
  const quote = go[at];
  if (quote === "`") return go.indexOf("`", at + 1) + 1;
  if (quote !== '"' && quote !== "'") return undefined;
  let end = at + 1;
  while (go[end] !== quote) end += go[end] === "\\" ? 2 : 1;
  return end + 1;
}

/** The parts between a literal's braces, of which the first is at `open`: each with where it begins, comments left out at its beginning. */
function partsOf(go, open) {
  const parts = [];
  let depth = 0;
  let begin = open + 1;
  for (let at = open; at < go.length; ) {
    const end = skipText(go, at);
    if (end !== undefined) {
      at = end;
      continue;
    }
    const sign = go[at];
    if ("{([".includes(sign)) depth++;
    if ("})]".includes(sign)) depth--;
    if (depth === 0 || (depth === 1 && sign === ",")) {
      parts.push(go.slice(begin, at));
      if (depth === 0)
        return parts.map((part) => part.replace(/^(\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)+/, "").trim()).filter(Boolean);
      begin = at + 1;
    }
    at++;
  }
  throw new Error(`The literal at ${open} has no end.`);
}

/** `Name: value` → [Name, value] */
function fieldOf(part) {
  const match = /^("(?:[^"\\]|\\.)*"|\w+)\s*:\s*([\s\S]*)$/.exec(part);
  if (match === null) throw new Error(`${part.slice(0, 80)} is no field.`);
  return [match[1].replace(/^"|"$/g, ""), match[2]];
}

const strings = (text) => [...text.matchAll(/"([^"]*)"/g)].map(([, word]) => word);
const types = {
  TypeString: "string",
  TypeInt: "number",
  TypeFloat: "number",
  TypeBool: "bool",
  TypeMap: "map",
  TypeList: "list",
  TypeSet: "set",
};
const schemaMap = "map[string]*schema.Schema{";

function schemaOf(part) {
  const fields = new Map(partsOf(part, part.indexOf("{")).map(fieldOf));
  const type =
    types[/TypeString|TypeInt|TypeFloat|TypeBool|TypeMap|TypeList|TypeSet/.exec(fields.get("Type") ?? "")?.[0]];
  if (type === undefined) throw new Error(`A schema has no type: ${part.slice(0, 80)}`);
  const is = (name) => fields.get(name) === "true";
  const told = { type };
  if (is("Required")) told.required = true;
  if (is("Optional")) told.optional = true;
  if (is("Computed")) told.computed = true;
  if (fields.has("Deprecated")) told.deprecated = true;
  for (const [name, as] of [
    ["MaxItems", "maxItems"],
    ["MinItems", "minItems"],
  ])
    if (fields.has(name)) told[as] = Number(fields.get(name));
  for (const [name, as] of [
    ["ConflictsWith", "conflictsWith"],
    ["ExactlyOneOf", "exactlyOneOf"],
    ["RequiredWith", "requiredWith"],
  ]) {
    if (fields.has(name)) told[as] = strings(fields.get(name));
  }
  const range = /ValidateIntegerInRange\((-?\d+), (-?\d+)\)/.exec(fields.get("ValidateFunc") ?? "");
  if (range !== null && /^tccommon/.test(fields.get("ValidateFunc"))) told.range = [Number(range[1]), Number(range[2])];
  const elem = fields.get("Elem");
  if (elem?.startsWith("&schema.Resource{")) {
    const inner = new Map(partsOf(elem, elem.indexOf("{")).map(fieldOf)).get("Schema");
    told.block = inner.startsWith(schemaMap) ? mapOf(inner) : "unknown";
  } else if (elem !== undefined && !elem.startsWith("&schema.Schema{")) told.block = "unknown";
  return told;
}

function mapOf(text) {
  const entries = partsOf(text, schemaMap.length - 1).map(fieldOf);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      value.includes("{") && !/^\w+\(/.test(value)
        ? schemaOf(value)
        : { type: "list", optional: true, block: "unknown" },
    ]),
  );
}

/** The schema that the function `maker` makes. */
export function parseGoSchema(go, maker) {
  const begin = go.search(new RegExp(`^func ${maker}\\(`, "m"));
  const at = go.indexOf(schemaMap, begin);
  if (begin < 0 || at < 0) throw new Error(`There is no schema in ${maker}.`);
  return mapOf(go.slice(at));
}

/** Of `"tencentcloud_x": pkg.ResourceX(),` each type and the function that makes it. */
export function registeredResources(provider) {
  const list = provider.slice(provider.indexOf("ResourcesMap: map[string]*schema.Resource{"));
  return new Map(
    [...list.matchAll(/"(tencentcloud_\w+)":\s*(?:\w+\.)?(\w+)\(\)/g)].map(([, type, maker]) => [type, maker]),
  );
}
