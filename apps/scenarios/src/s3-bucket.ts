import { systemClock, systemRandom } from "@cweb/crypto";
import {
  decodeReadProfile,
  encodeReadProfile,
  type Fetch,
  type Meter,
  openLister,
  openReader,
  openWriter,
  type Path,
  type RemotePort,
  type RemoteReader,
  readSide,
  type S3Credentials,
  type S3Profile,
  type Wrapped,
  withMeter,
  withRetry,
} from "@cweb/storage-remote";
import type { Bucket, Intruder, Provider } from "./place.ts";

export interface S3Keys {
  readonly bucket: string;
  readonly write: S3Credentials;
  readonly read: S3Credentials;
}

export interface S3Settings {
  readonly endpoint: string;
  readonly fetch?: Fetch;
  readonly isUnsteady: boolean;
}

const prefix = "cweb/";
const mostObjects = 100_000;
/** Where the scenario itself, and no peer, asks a store that fails every now and then. */
const sureAttempts = 12;

/** A request is signed with the real time, so waits between attempts are real too. */
export function steadied<P extends RemotePort>(port: P, { isUnsteady }: Pick<S3Settings, "isUnsteady">, attempts: number): P | Wrapped<P> {
  return isUnsteady ? withRetry(port, { clock: systemClock, random: systemRandom, attempts, firstDelay: 4 }) : port;
}

function profileOf({ endpoint }: S3Settings, keys: S3Keys): S3Profile {
  const { bucket, read, write } = keys;
  return { type: "s3", endpoint, region: "us-east-1", bucket, prefix, pathStyle: true, read, write };
}

/** The ports of a bucket's owner. `provider` is the key that the bucket's provider keeps for itself. */
export function s3Bucket(settings: S3Settings, keys: S3Keys, provider: S3Credentials, meter: Meter): Bucket {
  const profile = profileOf(settings, keys);
  const options = { ...fetchOf(settings), onExtraRequest: meter.record };
  const owner = { ...profile, read: keys.write };
  return {
    name: keys.bucket,
    profile: encodeReadProfile(readSide(profile)),
    reader: withMeter(openReader(owner, options), meter),
    writer: withMeter(openWriter(profile, options), meter),
    provider: providerOf(settings, { ...keys, read: provider, write: provider }),
  };
}

export function s3Reader(settings: S3Settings, profile: Uint8Array, meter: Meter): RemoteReader {
  return withMeter(openReader(decodeReadProfile(profile), { ...fetchOf(settings), onExtraRequest: meter.record }), meter);
}

function providerOf(settings: S3Settings, keys: S3Keys): Provider {
  const profile = { ...profileOf(settings, keys), read: keys.read };
  const ports = { lister: openLister(profile), reader: openReader(profile), writer: openWriter(profile) };
  const paths = (): Promise<readonly Path[]> => sure(ports.lister).list({ limit: mostObjects });
  const sure = <P extends RemotePort>(port: P): P => steadied(port, settings, sureAttempts) as P;
  return {
    paths: async () => new Set(await paths()),
    async objects() {
      const found = new Map<Path, Uint8Array>();
      for (const path of await paths()) {
        const answer = await sure(ports.reader).read(path, { maxBytes: 2 ** 24 });
        if (answer.kind === "found") found.set(path, answer.bytes);
      }
      return found;
    },
    put: async (path, bytes) => void (await sure(ports.writer).write(path, bytes)),
    remove: (path) => sure(ports.writer).remove(path),
  };
}

/** What the holder of a card can try on an S3 store. */
export function s3Intruder(settings: S3Settings, encoded: Uint8Array, meter: Meter): Intruder {
  const profile = decodeReadProfile(encoded);
  if (profile.type !== "s3") throw new Error("This is no profile of an S3 store.");
  const taken = { ...profile, write: profile.read };
  const { accessKeyId, secretAccessKey } = profile.read;
  const wrong = { ...profile, read: { accessKeyId, secretAccessKey: [...secretAccessKey].reverse().join("") } };
  const options = fetchOf(settings);
  const counted = <P extends RemotePort>(port: P): P => {
    const metered: RemotePort = withMeter(port, meter) as P;
    return steadied(metered, settings, sureAttempts) as P;
  };
  const lister = counted(openLister(taken, options));
  return {
    writer: counted(openWriter(taken, options)),
    list: () => lister.list({ limit: mostObjects }),
    wrongKey: counted(openReader(wrong, options)),
  };
}

const fetchOf = ({ fetch }: S3Settings): { fetch?: Fetch } => (fetch ? { fetch } : {});

/** A bucket's path in a request's: without the prefix. */
export const withoutPrefix = (path: string): string => (path.startsWith(prefix) ? path.slice(prefix.length) : path);
