import { check, contents, equal, failsWith, read, type Test, textOf, write } from "./case.ts";

const badNames = ["", "x".repeat(257), "caf\u00e9", "a\nb", "a\u007f", "a\u0000b", "\ud800"] as const;

export const boundCases: Readonly<Record<string, Test>> = {
  "names of 256 characters are stored, and case matters": async (place) => {
    const store = await place.open();
    const long = "n".repeat(256);
    await write(store, { [long]: "long", Key: "upper", key: "lower" });
    const found = await store.load([long, "Key", "key", "KEY"]);
    equal(
      [long, "Key", "key", "KEY"].map((name) => textOf(found.get(name))),
      ["long", "upper", "lower", undefined],
      "texts",
    );
  },

  "other names are refused and nothing changes": async (place) => {
    const store = await place.open();
    await write(store, { a: "1" });
    for (const name of badNames) {
      await failsWith("invalid", "load", () => store.load([name]));
      await failsWith("invalid", "put", () => write(store, { a: "2", [name]: "2" }));
      await failsWith("invalid", "remove", () => write(store, { a: "2", [name]: null }));
      await failsWith("invalid", "expected", () => write(store, { a: "2" }, { [name]: null }));
      if (name !== "") await failsWith("invalid", "scan", () => store.scan(name, { limit: 1 }));
    }
    equal(await contents(store), [["a", "1"]], "after the refusals");
  },

  "wrong limits, too long records and contradictions are refused": async (place) => {
    const store = await place.open();
    for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await failsWith("invalid", `limit ${limit}`, () => store.scan("", { limit }));
    }
    const big = new Map([["a", new Uint8Array(16_777_217)]]);
    await failsWith("invalid", "a record above 16 MiB", () => store.commit({ expected: new Map(), put: big, remove: new Set() }));
    const both = { expected: new Map(), put: new Map([["a", new Uint8Array(1)]]), remove: new Set(["a"]) };
    await failsWith("invalid", "put and remove of one record", () => store.commit(both));
    equal(await contents(store), [], "after the refusals");
  },

  "an aborted call rejects with the signal's reason and changes nothing": async (place) => {
    const store = await place.open();
    await write(store, { a: "1" });
    const reason = new Error("the caller's reason");
    const signal = AbortSignal.abort(reason);
    const calls = [
      () => store.load(["a"], { signal }),
      () => store.scan("", { limit: 1, signal }),
      () => store.commit({ expected: new Map(), put: new Map([["a", new Uint8Array(1)]]), remove: new Set() }, { signal }),
    ];
    for (const call of calls) {
      const outcome = await call().then(
        () => "no error",
        (error: unknown) => error,
      );
      check(outcome === reason, `an aborted call answered ${String(outcome)}`);
    }
    equal(textOf(await read(store, "a")), "1", "after the aborted commit");
  },
};
