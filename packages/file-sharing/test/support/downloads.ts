import { cipherSuite } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import type { LocalStore } from "@cweb/storage-local";
import { type Crash, withCrashes } from "@cweb/storage-local/testing";
import type { Path, RemoteReader } from "@cweb/storage-remote";
import { FileDownloader, type FileTarget } from "../../src/index.ts";
import { HastyClock } from "./home.ts";

export const downloader = (local: LocalStore): FileDownloader =>
  new FileDownloader({ local, crypto: cipherSuite, random: seededRandom(1), clock: new HastyClock() });

/** A reader that tells what is asked for; `before` may refuse or take its time. */
export function watched(reader: RemoteReader, asked: Path[], before: (path: Path) => Promise<void> | void = () => undefined): RemoteReader {
  return {
    async read(path, options) {
      asked.push(path);
      await before(path);
      return reader.read(path, options);
    },
  };
}

/** The ports as a process sees them that dies by `crash`. */
export function mortal(crash: Crash, ports: { readonly local: LocalStore; readonly from: RemoteReader; readonly to: FileTarget }) {
  const { local, from, to } = ports;
  return {
    local: withCrashes(local, crash),
    from: { read: (path, options) => crash.run(() => from.read(path, options)) } satisfies RemoteReader,
    to: {
      id: to.id,
      open: (size, options) => crash.run(() => to.open(size, options)),
      read: (offset, length, options) => crash.run(() => to.read(offset, length, options)),
      write: (offset, bytes, options) => crash.run(() => to.write(offset, bytes, options)),
      sync: (options) => crash.run(() => to.sync(options)),
      finish: (options) => crash.run(() => to.finish(options)),
      openFinished: (options) => crash.run(async () => (await to.openFinished?.(options)) === true),
      discard: (options) => crash.run(() => to.discard(options)),
      close: async () => undefined,
    } satisfies FileTarget,
  };
}
