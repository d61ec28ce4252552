import { utf8 } from "@cweb/crypto";
import { type Meter, type RemoteReader, type RemoteWriter, withMeter } from "@cweb/storage-remote";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import type { Place, SeenRequest } from "./place.ts";

/** Buckets in this process's memory. */
export function memoryPlace(): Place {
  const buckets = new Map<string, MemoryBucket>();
  const seen: SeenRequest[] = [];
  const nameOf = (profile: Uint8Array): string => new TextDecoder().decode(profile);
  const readerOf = (name: string): RemoteReader => ({
    read(path, options) {
      seen.push({ op: "get", bucket: name, path });
      const bucket = buckets.get(name);
      if (!bucket) throw new Error(`There is no bucket ${name}.`);
      return bucket.reader.read(path, options);
    },
  });
  const writerOf = (name: string, { writer }: MemoryBucket): RemoteWriter => ({
    // As with signed requests: the virtual clock of the scenarios is never wrong.
    checksClock: true,
    write(path, bytes, options) {
      seen.push({ op: "put", bucket: name, path });
      return writer.write(path, bytes, options);
    },
    remove(path, options) {
      seen.push({ op: "delete", bucket: name, path });
      return writer.remove(path, options);
    },
  });
  return {
    name: "memory",
    isUnsteady: false,
    readersMayList: false,
    isRepeatable: true,
    async bucket(label: string, meter: Meter) {
      const name = `${label}-${buckets.size + 1}`;
      const bucket = memoryBucket();
      buckets.set(name, bucket);
      const provider = {
        paths: async () => new Set(bucket.objects().keys()),
        objects: async () => bucket.objects(),
        put: async (path: Parameters<RemoteWriter["write"]>[0], bytes: Uint8Array) => void (await bucket.writer.write(path, bytes)),
        remove: (path: Parameters<RemoteWriter["remove"]>[0]) => bucket.writer.remove(path),
      };
      const reader = withMeter(readerOf(name), meter);
      return { name, profile: utf8(name), reader, writer: withMeter(writerOf(name, bucket), meter), provider };
    },
    openReader: (profile, meter) => withMeter(readerOf(nameOf(profile)), meter),
    describeStore: nameOf,
    requests: async () => [...seen],
    close: async () => undefined,
  };
}
