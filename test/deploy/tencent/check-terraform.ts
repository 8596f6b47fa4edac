/** Holds parsed Terraform against an excerpt of its provider's schema: what `terraform validate` would say, without Terraform. */

/** As @cdktn/hcl2json tells it: blocks as lists, expressions as "${…}". */
export type Parsed = Readonly<Record<string, unknown>>;

interface Argument {
  readonly type: "string" | "number" | "bool" | "map" | "list" | "set";
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly deprecated?: boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly range?: readonly [number, number];
  readonly conflictsWith?: readonly string[];
  readonly exactlyOneOf?: readonly string[];
  readonly requiredWith?: readonly string[];
  readonly block?: Schema | "unknown";
}
export type Schema = Readonly<Record<string, Argument>>;

export interface ProviderSchema {
  readonly provider: Schema;
  readonly resources: Readonly<Record<string, Schema>>;
}

/** Arguments that Terraform itself gives every resource. */
const ofTerraform = new Set(["count", "for_each", "depends_on", "lifecycle", "provider"]);

const isRecord = (value: unknown): value is Parsed =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isExpression = (value: unknown): value is string => typeof value === "string" && value.includes("${");
const records = (value: unknown): readonly Parsed[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const entriesOf = (value: unknown) => Object.entries(isRecord(value) ? value : {});

/** Every fault of a configuration, each one sentence. */
export function faultsOf(files: readonly Parsed[], schema: ProviderSchema): readonly string[] {
  const faults: string[] = [];
  const resources = files.flatMap(({ resource }) =>
    entriesOf(resource).flatMap(([type, named]) =>
      entriesOf(named).flatMap(([name, bodies]) => records(bodies).map((body) => ({ type, name, body }))),
    ),
  );
  const variables = new Set(files.flatMap(({ variable }) => Object.keys(isRecord(variable) ? variable : {})));
  const locals = new Set(files.flatMap(({ locals: all }) => records(all).flatMap(Object.keys)));

  for (const { type, name, body } of resources) {
    const its = schema.resources[type];
    if (its === undefined) faults.push(`There is no resource ${type} (${name}).`);
    else checkBody(body, its, `${type}.${name}`, faults);
  }
  for (const file of files) {
    for (const [name, bodies] of entriesOf(file.provider)) {
      for (const body of records(bodies)) checkBody(body, schema.provider, `provider ${name}`, faults);
    }
  }

  const used = new Set<string>();
  for (const text of files.flatMap(expressionsIn)) {
    for (const [, kind, name = ""] of text.matchAll(/\b(var|local)\.(\w+)/g)) {
      used.add(`${kind}.${name}`);
      if (!(kind === "var" ? variables : locals).has(name))
        faults.push(`${kind}.${name} is used and nowhere declared.`);
    }
    for (const [, type = "", name, attribute] of text.matchAll(
      /\b(tencentcloud_\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?/g,
    )) {
      const target = resources.find((each) => each.type === type && each.name === name);
      if (target === undefined) faults.push(`${type}.${name} is referred to, and there is none.`);
      else if (attribute !== undefined && attribute !== "id" && schema.resources[type]?.[attribute] === undefined) {
        faults.push(`${type}.${name}.${attribute} is referred to, and ${type} has no ${attribute}.`);
      }
    }
  }
  for (const name of variables)
    if (!used.has(`var.${name}`)) faults.push(`The variable ${name} is declared and nowhere used.`);
  for (const name of locals)
    if (!used.has(`local.${name}`)) faults.push(`The local ${name} is declared and nowhere used.`);
  return [...new Set(faults)];
}

function checkBody(body: Parsed, schema: Schema, where: string, faults: string[]): void {
  const dynamic = isRecord(body.dynamic) ? body.dynamic : {};
  const given = new Set([...Object.keys(body), ...Object.keys(dynamic)]);
  for (const name of given) {
    if (name === "dynamic" || ofTerraform.has(name)) continue;
    const argument = schema[name];
    if (argument === undefined) faults.push(`${where} has no argument ${name}.`);
    else if (!argument.required && !argument.optional) faults.push(`${where}.${name} can't be set: it is only told.`);
    else if (argument.deprecated) faults.push(`${where}.${name} is deprecated.`);
    else if (name in body) checkValue(body[name], argument, `${where}.${name}`, faults);
  }
  for (const [name, blocks] of Object.entries(dynamic)) {
    const block = schema[name]?.block;
    if (!isRecord(block)) continue;
    for (const each of records(blocks).flatMap(({ content }) => records(content))) {
      checkBody(each, block as Schema, `${where}.${name}`, faults);
    }
  }
  for (const [name, { required, conflictsWith = [], exactlyOneOf, requiredWith = [] }] of Object.entries(schema)) {
    if (required && !given.has(name)) faults.push(`${where} lacks ${name}, which is required.`);
    if (given.has(name)) {
      for (const other of conflictsWith)
        if (given.has(other)) faults.push(`${where} has ${name} and ${other}, which exclude each other.`);
      for (const other of requiredWith)
        if (!given.has(other)) faults.push(`${where} has ${name}, which needs ${other}.`);
    }
    if (exactlyOneOf !== undefined) {
      const all = [...new Set([name, ...exactlyOneOf])];
      const there = all.filter((each) => given.has(each));
      if (there.length !== 1)
        faults.push(`${where} has ${there.length} of ${all.sort().join(" and ")}; it must be one.`);
    }
  }
}

function checkValue(value: unknown, argument: Argument, where: string, faults: string[]): void {
  const { type, block, minItems = 0, maxItems = Number.POSITIVE_INFINITY, range } = argument;
  if (block !== undefined) {
    const blocks = records(value);
    if (blocks.length === 0) faults.push(`${where} is a block, and a value is given.`);
    if (blocks.length < minItems || blocks.length > maxItems) faults.push(`${where} is there ${blocks.length} times.`);
    if (block !== "unknown") for (const each of blocks) checkBody(each, block, where, faults);
    return;
  }
  // What it comes to is known when it is applied.
  if (isExpression(value) || value === null) return;
  const isRight = {
    string: typeof value === "string" || typeof value === "number",
    number: typeof value === "number",
    bool: typeof value === "boolean",
    map: isRecord(value),
    list: Array.isArray(value),
    set: Array.isArray(value),
  }[type];
  if (!isRight) faults.push(`${where} is ${JSON.stringify(value)}, and must be a ${type}.`);
  if (range !== undefined && typeof value === "number" && (value < range[0] || value > range[1])) {
    faults.push(`${where} is ${value}, and must be from ${range[0]} to ${range[1]}.`);
  }
}

/** What stands within "${…}", and in whole expressions. */
function expressionsIn(value: unknown): readonly string[] {
  if (isExpression(value)) return [value];
  if (Array.isArray(value)) return value.flatMap(expressionsIn);
  return isRecord(value) ? Object.values(value).flatMap(expressionsIn) : [];
}
