import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeReadProfile,
  encodeReadProfile,
  formatStorageProfile,
  parseStorageProfile,
  type ReadProfile,
  readSide,
  type StorageProfile,
  StorageRemoteError,
} from "../../src/index.ts";

const settings = { seed: 1, numRuns: 300 };
const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/).filter((text) => !/^\.{1,2}$/.test(text));
const keys = fc.record({
  accessKeyId: fc.stringMatching(/^[A-Za-z0-9+=_-]{1,128}$/),
  secretAccessKey: fc.stringMatching(/^[\x21-\x7e]{1,256}$/),
});
const url = fc
  .webUrl({ validSchemes: ["http", "https"], withFragments: false, withQueryParameters: false })
  .filter((text) => text.length < 200);
const place = fc.record({
  type: fc.constant("s3" as const),
  endpoint: url,
  region: word,
  bucket: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,62}$/),
  prefix: fc.array(word, { maxLength: 3 }).map((words) => words.map((each) => `${each}/`).join("")),
  pathStyle: fc.boolean(),
  read: keys,
});
const profiles = fc.oneof(
  fc.tuple(place, fc.option(keys, { nil: undefined })).map(([value, write]) => (write === undefined ? value : { ...value, write })),
  fc.record({ type: fc.constant("http" as const), url }),
  fc.record({ type: fc.constant("folder" as const), path: fc.stringMatching(/^[ -~äöü語]{1,200}$/) }),
);

function isOurs(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    expect(error).toBeInstanceOf(StorageRemoteError);
    expect(error).toMatchObject({ code: "bad-profile" });
    return undefined;
  }
}

describe("profiles", () => {
  test("texts and bytes give back the same profile, in one form", () => {
    fc.assert(
      fc.property(profiles, (value) => {
        const profile: StorageProfile = parseStorageProfile(JSON.stringify(value));
        const text = formatStorageProfile(profile);
        expect(parseStorageProfile(text)).toEqual(profile);
        expect(formatStorageProfile(parseStorageProfile(text))).toBe(text);
        const side: ReadProfile = readSide(profile);
        const bytes = encodeReadProfile(side);
        expect(decodeReadProfile(bytes)).toEqual(side);
      }),
      settings,
    );
  });

  test("random bytes are refused, or are the only encoding of what they mean", () => {
    const random = fc.oneof(
      fc.uint8Array({ maxLength: 1100 }),
      fc.uint8Array({ maxLength: 60 }).map((tail) => Uint8Array.from([1, (tail[0] ?? 0) % 5, ...tail])),
      fc.string({ maxLength: 40 }).map((text) => {
        const bytes = new TextEncoder().encode(text);
        return Uint8Array.from([1, 3, 0, bytes.length, ...bytes]);
      }),
    );
    fc.assert(
      fc.property(random, (bytes) => {
        const profile = isOurs(() => decodeReadProfile(bytes)) as ReadProfile | undefined;
        if (profile !== undefined) expect(encodeReadProfile(profile)).toEqual(bytes);
      }),
      { ...settings, numRuns: 2000 },
    );
  });

  test("random texts and values are refused with the package's error", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 300 }),
          fc.json(),
          fc.string().map((text) => `s3!${text}`),
        ),
        (text) => {
          isOurs(() => parseStorageProfile(text));
        },
      ),
      { ...settings, numRuns: 1000 },
    );
  });
});
