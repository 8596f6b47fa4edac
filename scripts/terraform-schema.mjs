// Makes test/deploy/tencent/provider-schema.json: an excerpt of the Terraform provider's schema, against which deploy/tencent is checked without
// Terraform. Read from a clone of github.com/tencentcloudstack/terraform-provider-tencentcloud, which it takes as its argument:
//
//   node scripts/terraform-schema.mjs CLONE v1.83.25
//
// The resources are those that deploy/tencent uses: whoever uses another one there adds it here. Only what Terraform itself checks is kept: types,
// required and optional arguments, blocks, and which arguments exclude each other.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseGoSchema, registeredResources } from "./go-schema.mjs";

const used = [
  "tencentcloud_cam_policy",
  "tencentcloud_cam_role",
  "tencentcloud_cam_role_policy_attachment",
  "tencentcloud_cls_alarm",
  "tencentcloud_cls_alarm_notice",
  "tencentcloud_cls_index",
  "tencentcloud_cls_logset",
  "tencentcloud_cls_topic",
  "tencentcloud_scf_function",
  "tencentcloud_scf_reserved_concurrency_config",
  "tencentcloud_scf_trigger",
  "tencentcloud_tcmq_queue",
];

const [clone, tag] = process.argv.slice(2);
if (clone === undefined || tag === undefined) {
  console.error(
    "Say where the provider's clone is, and which tag to read: node scripts/terraform-schema.mjs CLONE TAG",
  );
  process.exit(2);
}
const git = (...words) => execFileSync("git", ["-C", clone, ...words], { encoding: "utf8", maxBuffer: 1 << 28 });
const commit = git("rev-list", "-n", "1", tag).trim();

const files = {};
const read = (path) => {
  const text = git("show", `${commit}:${path}`);
  files[path] = createHash("sha256").update(text).digest("hex");
  return text;
};

const provider = read("tencentcloud/provider.go");
const makers = registeredResources(provider);
const resources = {};
for (const type of used) {
  const maker = makers.get(type);
  if (maker === undefined) throw new Error(`The provider of ${tag} registers no resource ${type}.`);
  const found = git("grep", "-l", "-E", `^func ${maker}\\(\\)`, commit, "--", "tencentcloud/services")
    .trim()
    .split("\n");
  if (found.length !== 1) throw new Error(`${maker}, which makes ${type}, is in ${found.length} files.`);
  resources[type] = parseGoSchema(read(found[0].slice(commit.length + 1)), maker);
}

const excerpt = {
  source: "github.com/tencentcloudstack/terraform-provider-tencentcloud",
  tag,
  commit,
  /** SHA-256 of each file that was read. */
  files,
  provider: parseGoSchema(provider, "Provider"),
  resources,
};
const out = fileURLToPath(new URL("../test/deploy/tencent/provider-schema.json", import.meta.url));
// One line an argument: small, and a later tag shows what has changed.
const text = JSON.stringify(excerpt, undefined, 1).replace(
  /\{\n\s*("type": [^{}]*?)\n\s*\}/g,
  (_, inside) => `{ ${inside.replace(/\n\s*/g, " ")} }`,
);
writeFileSync(out, `${text}\n`);
console.log(`${out}: ${used.length} resources of ${tag} (${commit})`);
