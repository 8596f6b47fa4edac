// Makes test/runtime/function/cloudformation.json: of CloudFormation's resource schemas those that serverless.yml uses, as
// @aws-cdk/aws-service-spec holds them (2.6 MB, of which some 20 kB are of interest here).
//
//   npm run cloudformation                  anew, with the version that is named below; 0.1.999: with another
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const version = process.argv[2] ?? "0.1.216";
const resources = [
  "AWS::CloudWatch::Alarm",
  "AWS::Events::Rule",
  "AWS::IAM::Role",
  "AWS::Lambda::EventInvokeConfig",
  "AWS::Lambda::EventSourceMapping",
  "AWS::Lambda::Function",
  "AWS::Lambda::Permission",
  "AWS::Lambda::Version",
  "AWS::Logs::LogGroup",
  "AWS::S3::Bucket",
  "AWS::S3::BucketPolicy",
  "AWS::SNS::Subscription",
  "AWS::SNS::Topic",
  "AWS::SQS::Queue",
  "AWS::SQS::QueuePolicy",
];

const folder = mkdtempSync(join(tmpdir(), "cloudformation-"));
try {
  writeFileSync(join(folder, "package.json"), '{"private": true}');
  const named = `@aws-cdk/aws-service-spec@${version}`;
  execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", named], { cwd: folder });
  const require = createRequire(join(folder, "package.json"));
  const path = require.resolve("@aws-cdk/aws-service-spec").replace(/lib.*$/, "db.json.gz");
  const db = require("@aws-cdk/aws-service-spec").loadAwsServiceSpecSync();

  const shapes = {};
  const propertiesOf = (properties, of) =>
    Object.fromEntries(
      Object.entries(properties)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { type, required }]) => [required ? `${name}!` : name, typeOf(type, of)]),
    );
  const typeOf = (type, of) => {
    if (type.type === "array") return { list: typeOf(type.element, of) };
    if (type.type === "map") return { map: typeOf(type.element, of) };
    if (type.type === "union") return { any: type.types.map((each) => typeOf(each, of)) };
    if (type.type !== "ref") return type.type;
    const shape = db.get("typeDefinition", type.reference.$ref);
    const name = `${of}.${shape.name}`;
    if (shapes[name] === undefined) {
      shapes[name] = {};
      Object.assign(shapes[name], propertiesOf(shape.properties, of));
    }
    return { shape: name };
  };
  const types = Object.fromEntries(
    resources.map((name) => {
      const resource = db.lookup("resource", "cloudFormationType", "equals", name).only();
      const attributes = Object.keys(resource.attributes).sort();
      return [name, { attributes, properties: propertiesOf(resource.properties, name) }];
    }),
  );
  const sorted = Object.fromEntries(Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1)));
  const from = {
    source: named,
    licence: "Apache-2.0",
    sha256: createHash("sha256").update(readFileSync(path)).digest("hex"),
  };
  const out = join(root, "test/runtime/function/cloudformation.json");
  writeFileSync(out, JSON.stringify({ from, types, shapes: sorted }));
  execFileSync(join(root, "node_modules/.bin/biome"), ["format", "--write", out], { cwd: root });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
