import { decodeReadProfile, describeProfile, type Fetch } from "@cweb/storage-remote";
import type { Place, SeenRequest } from "./place.ts";
import type { Radosgw } from "./radosgw.ts";
import { s3Bucket, s3Intruder, s3Reader, withoutPrefix } from "./s3-bucket.ts";

/** Ceph's gateway. Its requests are counted on the wire, in front of the platform's `fetch`. */
export function radosgwPlace(gateway: Radosgw): Place {
  const seen: SeenRequest[] = [];
  const ops = { GET: "get", PUT: "put", DELETE: "delete" } as const;
  const fetch: Fetch = (url, request) => {
    const { pathname, searchParams } = new URL(url);
    const [, bucket = "", ...rest] = pathname.split("/");
    const op = searchParams.has("list-type") ? "list" : ops[request.method];
    seen.push({ op, bucket, path: withoutPrefix(rest.join("/")) });
    return globalThis.fetch(url, request);
  };
  const settings = { endpoint: gateway.url, fetch, isUnsteady: false };
  let made = 0;
  return {
    name: "radosgw",
    isUnsteady: false,
    readersMayList: false,
    isRepeatable: false,
    async bucket(label, meter) {
      const keys = await gateway.mailbox(`${label}-${++made}`);
      return s3Bucket(settings, keys, keys.write, meter);
    },
    openReader: (encoded, meter) => s3Reader(settings, encoded, meter),
    describeStore: (encoded) => describeProfile(decodeReadProfile(encoded)),
    intruder: (encoded, meter) => s3Intruder(settings, encoded, meter),
    requests: async () => [...seen],
    close: () => gateway.stop(),
  };
}
