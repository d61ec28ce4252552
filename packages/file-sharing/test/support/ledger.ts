import { equal } from "@cweb/crypto";
import type { Path, RemoteWriter } from "@cweb/storage-remote";

/** Every PUT that has ever left any process of a home, and whether one path was given two contents. */
export class PutLedger {
  readonly #contents = new Map<Path, Uint8Array>();
  /** Paths that were given two contents: there must be none. */
  readonly torn: Path[] = [];
  puts = 0;
  deletes = 0;

  watch(writer: RemoteWriter): RemoteWriter {
    return {
      checksClock: writer.checksClock,
      write: (path, bytes, options) => {
        this.puts++;
        const known = this.#contents.get(path);
        if (known !== undefined && !equal(known, bytes)) this.torn.push(path);
        this.#contents.set(path, bytes.slice());
        return writer.write(path, bytes, options);
      },
      remove: (path, options) => {
        this.deletes++;
        return writer.remove(path, options);
      },
    };
  }
}
