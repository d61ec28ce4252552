import { decodeCors, encodeCors } from "../core/cors.ts";
import { Refusal } from "../core/refusal.ts";
import { knows } from "../core/rights.ts";
import { decodeXml, encodeXml } from "../core/xml.ts";
import { demand, demandBucket, demandExisting, type Exchange, type Reply, receiveXml, xmlReply } from "../exchange.ts";

/** Only the buckets in which the key has a right. */
export async function listBuckets(exchange: Exchange): Promise<Reply> {
  const { identity, services } = exchange;
  if (identity.accessKeyId === undefined) throw new Refusal("AccessDenied");
  const known = (await services.objects.buckets()).filter(({ name }) => knows(exchange.grants, name));
  const Bucket = known.map(({ name, created }) => ({ Name: name, CreationDate: new Date(created).toISOString() }));
  return xmlReply(encodeXml("ListAllMyBucketsResult", { Owner: { ID: identity.accessKeyId }, Buckets: { Bucket } }));
}

export async function createBucket(exchange: Exchange): Promise<Reply> {
  demand(exchange, "put", "");
  const { bucket } = exchange.target;
  if (!(await exchange.services.objects.createBucket(bucket)))
    throw new Refusal("BucketAlreadyOwnedByYou", undefined, { BucketName: bucket });
  return { status: 200, headers: { location: `/${bucket}` } };
}

export async function deleteBucket(exchange: Exchange): Promise<Reply> {
  await demandBucket(exchange, "delete");
  await exchange.services.objects.deleteBucket(exchange.target.bucket);
  return { status: 204 };
}

export async function headBucket(exchange: Exchange): Promise<Reply> {
  await demandExisting(exchange);
  return { status: 200, headers: { "x-amz-bucket-region": "us-east-1" } };
}

export async function getBucketLocation(exchange: Exchange): Promise<Reply> {
  await demandExisting(exchange);
  return xmlReply(encodeXml("LocationConstraint", {}));
}

export async function getBucketCors(exchange: Exchange): Promise<Reply> {
  await demandBucket(exchange, "put");
  const rules = await exchange.services.objects.corsRules(exchange.target.bucket);
  if (!rules) throw new Refusal("NoSuchCORSConfiguration");
  return xmlReply(encodeCors(rules));
}

export async function putBucketCors(exchange: Exchange): Promise<Reply> {
  await demandBucket(exchange, "put");
  const rules = decodeCors(decodeXml(await receiveXml(exchange), "CORSConfiguration"));
  await exchange.services.objects.setCorsRules(exchange.target.bucket, rules);
  return { status: 200 };
}

export async function deleteBucketCors(exchange: Exchange): Promise<Reply> {
  await demandBucket(exchange, "put");
  await exchange.services.objects.setCorsRules(exchange.target.bucket, undefined);
  return { status: 204 };
}
