import { Refusal } from "./core/refusal.ts";
import type { Exchange, Reply } from "./exchange.ts";
import * as buckets from "./operations/buckets.ts";
import { deleteObject, deleteObjects } from "./operations/delete-objects.ts";
import { getObject } from "./operations/get-object.ts";
import { listObjectsV1, listObjectsV2 } from "./operations/list-objects.ts";
import * as multipart from "./operations/multipart.ts";
import { copyObject, putObject } from "./operations/put-object.ts";

type Operation = (exchange: Exchange) => Promise<Reply>;

/** S3's sub-resources that change what a request means. Those without an operation below are answered 501, never mistaken for another. */
const subresources: readonly string[] = [
  ...["abac", "accelerate", "acl", "analytics", "annotation", "append", "attributes", "cors", "delete", "encryption", "inventory"],
  ...["intelligent-tiering", "legal-hold", "lifecycle", "location", "logging", "metadataConfiguration", "metadataInventoryTable"],
  ...["metadataJournalTable", "metadataTable", "metrics", "notification", "object-lock", "ownershipControls", "partNumber", "policy"],
  ...["policyStatus", "publicAccessBlock", "renameObject", "replication", "requestPayment", "restore", "retention", "select", "session"],
  ...["tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website"],
];

const bucketOperations: Readonly<Record<string, Operation>> = {
  "GET ": (exchange) => (exchange.target.query["list-type"] === "2" ? listObjectsV2(exchange) : listObjectsV1(exchange)),
  "HEAD ": buckets.headBucket,
  "PUT ": buckets.createBucket,
  "DELETE ": buckets.deleteBucket,
  "GET location": buckets.getBucketLocation,
  "GET cors": buckets.getBucketCors,
  "PUT cors": buckets.putBucketCors,
  "DELETE cors": buckets.deleteBucketCors,
  "GET uploads": multipart.listUploads,
  "POST delete": deleteObjects,
};

const objectOperations: Readonly<Record<string, Operation>> = {
  "GET ": getObject,
  "HEAD ": getObject,
  "PUT ": (exchange) => (exchange.headers["x-amz-copy-source"] === undefined ? putObject(exchange) : copyObject(exchange)),
  "DELETE ": deleteObject,
  "POST uploads": multipart.startUpload,
  "PUT partNumber,uploadId": multipart.putPart,
  "GET uploadId": multipart.listParts,
  "POST uploadId": multipart.completeUpload,
  "DELETE uploadId": multipart.abortUpload,
};

/** Runs the one operation that a request means. @throws Refusal `NotImplemented`, `MethodNotAllowed`, and those of the operation. */
export function route(exchange: Exchange): Promise<Reply> {
  const { method, target, headers } = exchange;
  if (target.bucket === "") {
    if (method === "GET") return buckets.listBuckets(exchange);
    throw new Refusal("MethodNotAllowed");
  }
  const named = subresources.filter((name) => target.query[name] !== undefined);
  const operations = target.key === "" ? bucketOperations : objectOperations;
  const operation = operations[`${method} ${named.join(",")}`];
  const isPartCopy = named.includes("partNumber") && headers["x-amz-copy-source"] !== undefined;
  if (operation && !isPartCopy) return operation(exchange);
  throw new Refusal(named.length > 0 ? "NotImplemented" : "MethodNotAllowed");
}
