import { cipherSuite } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import type { LocalStore } from "@cweb/storage-local";
import { type MemoryStore, memoryStore } from "@cweb/storage-local/memory";
import { createMeter, type Meter, type Path, type RemoteReader, type RemoteWriter, toPath, withMeter } from "@cweb/storage-remote";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import { Mailbox, type MailboxOptions } from "../../src/index.ts";

export const minute = 60_000;
export const day = 24 * 60 * minute;
export const beaconPath: Path = toPath("beacon");
export const beaconKey: Uint8Array = new Uint8Array(32).fill(7);
export const homeId: Uint8Array = new Uint8Array(32).fill(9);

/** One home: a store, a bucket, a clock; as many processes as wanted. */
export interface Home {
  readonly clock: VirtualClock;
  readonly bucket: MemoryBucket;
  readonly store: MemoryStore;
  readonly meter: Meter;
  open(overrides?: Partial<MailboxOptions>): Mailbox;
}

let homes = 0;

export function newHome(
  options: { readonly store?: MemoryStore; readonly bucket?: MemoryBucket; readonly clock?: VirtualClock } = {},
): Home {
  const clock = options.clock ?? new VirtualClock();
  const bucket = options.bucket ?? memoryBucket();
  const store = options.store ?? memoryStore();
  const meter = createMeter();
  const home = ++homes;
  let processes = 0;
  return {
    clock,
    bucket,
    store,
    meter,
    open: (overrides = {}) =>
      new Mailbox({
        local: store.open(),
        reader: withMeter(bucket.reader, meter),
        writer: withMeter(signed(bucket.writer), meter),
        clock,
        random: seededRandom(home * 1000 + ++processes),
        crypto: cipherSuite,
        home: { id: homeId, beaconPath, beaconKey },
        ...overrides,
      }),
  };
}

/** As a provider that refuses requests signed with a wrong clock. */
export const signed = (writer: RemoteWriter): RemoteWriter => ({
  checksClock: true,
  write: (path, bytes, options) => writer.write(path, bytes, options),
  remove: (path, options) => writer.remove(path, options),
});

export const path = (name: string): Path => toPath(name);
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

/** What the bucket holds beside the beacon, as text. */
export function contents(bucket: MemoryBucket): Record<string, string> {
  const found = [...bucket.objects()].filter(([name]) => name !== beaconPath);
  return Object.fromEntries(found.map(([name, bytes]) => [name, textOf(bytes) as string]));
}

export async function recordsUnder(store: LocalStore, prefix: string): Promise<readonly string[]> {
  return (await store.scan(prefix, { limit: 100_000 })).map(({ name }) => name);
}

/** How often each port is called. */
export function counted<T extends object>(port: T, counts: Record<string, number>): T {
  return new Proxy(port, {
    get: (target, property) => {
      const member = Reflect.get(target, property) as unknown;
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        counts[String(property)] = (counts[String(property)] ?? 0) + 1;
        return member.apply(target, args);
      };
    },
  });
}

export type Ports = { readonly local: LocalStore; readonly reader: RemoteReader; readonly writer: RemoteWriter };
