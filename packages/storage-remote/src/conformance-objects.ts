import { type ConformanceCase, check, checkBytes, checkFails, inTrial } from "./conformance-trial.ts";
import { toPath } from "./path.ts";
import type { Path } from "./port.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

export const objectCases: readonly ConformanceCase[] = [
  {
    name: "reads back what was written, of every size",
    run: inTrial(async (trial) => {
      for (const size of [0, 1, 4096, 65_536, 300_000]) {
        const path = trial.path();
        const bytes = trial.random.bytes(size);
        const version = await trial.store(path, bytes);
        const found = await trial.found(path);
        checkBytes(found.bytes, bytes, `An object of ${size} bytes`);
        check(found.version === version, "A read told another version than the write.");
      }
    }),
  },
  {
    name: "a missing object is absent or forbidden",
    run: inTrial(async (trial) => {
      await trial.missing(trial.path(), "A missing object");
      await trial.missing(trial.path("folder/", "/object"), "A missing object in a missing folder");
    }),
  },
  {
    name: "a write replaces the whole object",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const first = await trial.store(path, trial.random.bytes(5000));
      const bytes = trial.random.bytes(100);
      const second = await trial.store(path, bytes);
      check(first !== second, "Two contents have one version.");
      checkBytes((await trial.found(path)).bytes, bytes, "A replaced object");
    }),
  },
  {
    name: "a removed object is gone, and removing again succeeds",
    run: inTrial(async (trial) => {
      const path = trial.path();
      await trial.store(path, trial.random.bytes(10));
      await trial.context.writer.remove(path);
      await trial.missing(path, "A removed object");
      await trial.context.writer.remove(path);
      await trial.context.writer.remove(trial.path("never/"));
    }),
  },
  {
    name: "unless answers unchanged for the stored version alone",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const first = await trial.store(path, trial.random.bytes(64));
      check((await trial.read(path, { unless: first })).kind === "unchanged", "The stored version was not answered as unchanged.");
      const bytes = trial.random.bytes(64);
      await trial.store(path, bytes);
      checkBytes((await trial.found(path, { unless: first })).bytes, bytes, "A changed object");
      await trial.context.writer.remove(path);
      const gone = await trial.read(path, { unless: first });
      check(gone.kind === "absent" || gone.kind === "forbidden", `A removed object was read as ${gone.kind}.`);
    }),
  },
  {
    name: "a range is cut at the object's end",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const bytes = trial.random.bytes(1000);
      const version = await trial.store(path, bytes);
      for (const [offset, length] of [
        [0, 1],
        [10, 20],
        [990, 10],
        [990, 5000],
        [1000, 1],
        [4000, 10],
      ] as const) {
        const found = await trial.found(path, { range: { offset, length }, maxBytes: length });
        checkBytes(found.bytes, bytes.slice(offset, offset + length), `The range ${offset}+${length}`);
        check(found.version === version, "A range told another version than the write.");
      }
    }),
  },
  {
    name: "a range of an empty object is empty",
    run: inTrial(async (trial) => {
      const path = trial.path();
      await trial.store(path, new Uint8Array());
      checkBytes((await trial.found(path, { range: { offset: 0, length: 10 } })).bytes, new Uint8Array(), "A range of nothing");
    }),
  },
  {
    name: "ranges that are none are refused",
    run: inTrial(async (trial) => {
      const path = trial.path();
      await trial.store(path, trial.random.bytes(10));
      for (const range of [
        { offset: -1, length: 1 },
        { offset: 0, length: 0 },
        { offset: 0.5, length: 1 },
        { offset: 0, length: Number.POSITIVE_INFINITY },
      ]) {
        await checkFails(trial.read(path, { range }), "bad-range", "A bad range");
      }
      await checkFails(trial.read(path, { maxBytes: -1 }), "bad-range", "A negative maxBytes");
    }),
  },
  {
    name: "a body above maxBytes is refused",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const bytes = trial.random.bytes(70_000);
      await trial.store(path, bytes);
      const error = await checkFails(trial.read(path, { maxBytes: 69_999 }), "too-large", "A body that is too long");
      check(!error.retryable, "too-large must not be retryable.");
      await checkFails(trial.read(path, { maxBytes: 9, range: { offset: 5, length: 10 } }), "too-large", "A range that is too long");
      checkBytes((await trial.found(path, { maxBytes: 70_000 })).bytes, bytes, "A body of exactly maxBytes");
    }),
  },
  {
    name: "paths differ in case, nest, and may be long",
    run: inTrial(async (trial) => {
      const base = trial.path();
      const paths: Path[] = [base, `${base}/b`, `${base}/b/c`, base.toUpperCase(), `${base}.d-_`, base.padEnd(512, "z")].map((text) =>
        trial.use(toPath(text)),
      );
      const contents = paths.map(() => trial.random.bytes(32));
      for (const [index, path] of paths.entries()) await trial.store(path, contents[index] ?? new Uint8Array());
      for (const [index, path] of paths.entries()) {
        checkBytes((await trial.found(path)).bytes, contents[index] ?? new Uint8Array(), `The object at path ${index}`);
      }
    }),
  },
  {
    name: "callers own their bytes",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const bytes = trial.random.bytes(500);
      const given = bytes.slice();
      const written = trial.context.writer.write(path, given);
      given.fill(0);
      await written;
      const first = (await trial.found(path)).bytes;
      checkBytes(first, bytes, "An object whose array was changed after the call");
      check(first.buffer.byteLength === first.length, "The bytes are a view of something larger.");
      first.fill(0);
      checkBytes((await trial.found(path)).bytes, bytes, "An object whose first reader changed its array");
    }),
  },
  {
    name: "a hash that comes along is no more than a hint, and with a wrong one no other bytes are stored",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const [first, second] = [trial.random.bytes(70_000), trial.random.bytes(70_000)];
      const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", first.slice()));
      const right = await trial.context.writer.write(path, first, { sha256 });
      check(right.kind === "stored", "A write with the hash of its bytes was not stored.");
      checkBytes((await trial.found(path)).bytes, first, "An object that was written with its hash");
      const wrong = await trial.context.writer.write(path, second, { sha256 }).then(
        ({ kind }) => kind,
        (error: unknown) => {
          check(error instanceof StorageRemoteError, "A write with a wrong hash failed with an error of another package.");
          return "refused";
        },
      );
      const stored = wrong === "stored" ? second : first;
      checkBytes((await trial.found(path)).bytes, stored, `An object whose last write, with a wrong hash, was ${wrong}`);
    }),
  },
  {
    name: "lent bytes are stored, and are their caller's again",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const bytes = trial.random.bytes(300_000);
      const lent = bytes.slice();
      check((await trial.context.writer.write(path, lent, { lent: true })).kind === "stored", "A write of lent bytes was not stored.");
      checkBytes(lent, bytes, "Bytes that were lent");
      lent.fill(0);
      checkBytes((await trial.found(path)).bytes, bytes, "An object whose lent bytes were changed after the write");
    }),
  },
  {
    name: "many requests at once keep apart",
    run: inTrial(async (trial) => {
      const entries = Array.from({ length: 24 }, (_, index) => ({ path: trial.path(), bytes: trial.random.bytes(100 + index) }));
      await Promise.all(entries.map(({ path, bytes }) => trial.store(path, bytes)));
      const found = await Promise.all(entries.map(({ path }) => trial.found(path)));
      for (const [index, { bytes }] of entries.entries())
        checkBytes(found[index]?.bytes ?? new Uint8Array(), bytes, `Object ${index} of many`);
    }),
  },
  {
    name: "readers never see half an object",
    run: inTrial(async (trial) => {
      const path = trial.path();
      const contents = Array.from({ length: 8 }, (_, index) => new Uint8Array(20_000 + index * 7919).fill(index + 1));
      await trial.store(path, contents[0] ?? new Uint8Array());
      const writes = contents.map((bytes) => trial.store(path, bytes));
      const reads = Array.from({ length: 16 }, () => trial.found(path));
      for (const { bytes } of await Promise.all(reads)) {
        const mark = bytes[0] ?? 0;
        checkBytes(bytes, contents[mark - 1] ?? new Uint8Array(), "An object read while it was written");
      }
      await Promise.all(writes);
    }),
  },
  {
    name: "a lister shows what is stored, in order and in parts",
    run: inTrial(async (trial) => {
      const { lister } = trial.context;
      if (lister === undefined) return;
      const folder = trial.path("list/");
      const paths = ["a", "b", "b.c", "b/c", "c"].map((name) => trial.use(toPath(`${folder}/${name}`))).sort();
      for (const path of paths) await trial.store(path, new Uint8Array(1));
      const all = (await lister.list({ limit: 10_000 })).filter((path) => path.startsWith(`${folder}/`));
      check(all.join(" ") === paths.join(" "), "The list is not just what is stored, in order of paths.");
      const [first] = paths;
      check(first !== undefined, "There must be paths.");
      const next = await lister.list({ after: first, limit: 2 });
      check(next.join(" ") === paths.slice(1, 3).join(" "), "The list after a path is not the two that follow it.");
    }),
  },
];
