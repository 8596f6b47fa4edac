/** GET Service (document 436/8291), PUT, HEAD and DELETE Bucket (436/7738, 7735, 7732), bucket versioning (436/19889). */

import { isBucketName } from "../../vocabulary/names.ts";
import { type BucketExchange, type Exchange, emptyReply, header, type Reply, xmlReply } from "../protocol/exchange.ts";
import { receiveDocument } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import { xmlHead } from "../protocol/reply-xml.ts";
import { parseXml, textOf } from "../protocol/request-xml.ts";
import { allBuckets, findBucket, makeBucket, removeBucket } from "../store/bucket.ts";

export function listBuckets(exchange: Exchange): Reply {
  let text = `${xmlHead}<ListAllMyBucketsResult><Owner><ID>emulator</ID><DisplayName>emulator</DisplayName></Owner><Buckets>`;
  for (const [name, settings] of allBuckets(exchange.store)) {
    text +=
      `<Bucket><Name>${name}</Name><Location>${settings.region ?? "ap-guangzhou"}</Location>` +
      `<CreationDate>${new Date(settings.created).toISOString()}</CreationDate><BucketType>cos</BucketType></Bucket>`;
  }
  return xmlReply(`${text}</Buckets></ListAllMyBucketsResult>`);
}

export function createBucket(exchange: Exchange): Reply {
  const { address, store } = exchange;
  const name = address.bucket ?? "";
  if (!isBucketName(name)) throw refusal("InvalidBucketName");
  if (findBucket(store, name)) throw refusal("BucketAlreadyOwnedByYou");
  makeBucket(store, name, {
    created: exchange.now,
    ...(address.region === undefined ? {} : { region: address.region }),
    acl: header(exchange, "x-cos-acl") === "public-read" ? "public-read" : "private",
    protect: [],
    styles: [],
    versioning: "never",
  });
  return emptyReply(200);
}

export function headBucket(exchange: BucketExchange): Reply {
  const { region } = exchange.bucket.settings;
  return emptyReply(200, region === undefined ? {} : { "x-cos-bucket-region": region });
}

export function deleteBucket(exchange: BucketExchange): Reply {
  const { bucket, store } = exchange;
  if (!bucket.isEmpty) throw refusal("BucketNotEmpty");
  removeBucket(store, bucket.name);
  return emptyReply(204);
}

export function getVersioning(exchange: BucketExchange): Reply {
  const { versioning } = exchange.bucket.settings;
  const status = versioning === "never" ? "" : `<Status>${versioning}</Status>`;
  return xmlReply(`${xmlHead}<VersioningConfiguration>${status}</VersioningConfiguration>`);
}

export async function putVersioning(exchange: BucketExchange): Promise<Reply> {
  const status = textOf(parseXml(await receiveDocument(exchange), "VersioningConfiguration"), "Status");
  if (status !== "Enabled" && status !== "Suspended") throw refusal("MalformedXML");
  exchange.bucket.configure({ versioning: status });
  return emptyReply(200);
}
