// M11, and what a provider sees: no text, no name, no id and no key, in any request or stored object.
import { decodeBase32, sizeClasses, utf8 } from "@cweb/crypto";
import { bytesSource, memoryTarget } from "@cweb/file-sharing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "../src/person.ts";
import type { Place } from "../src/place.ts";
import { serverPlace } from "../src/server-place.ts";
import { type Exchange, recordedRandom, Secrets, wiretap } from "../src/wire.ts";
import { day, World } from "../src/world.ts";

const exchanges: Exchange[] = [];
const given: Uint8Array[] = [];
const secrets = new Secrets();
const texts = ["meet me at the harbour", "not before nine o'clock", "a word without a session", "the last of these lines"];
const words = ["harbour-chart.png", "image/png", "the soundings of the harbour", "tide-table", "high water at four", "Ada at the pier"];
const fileSize = 1_200_000;
let place: Place;
let people: readonly [Person, Person];
/** Everything a provider could keep: of every request, the URL, the headers and the body; and what is stored at the end. */
const stored: Map<string, Uint8Array> = new Map();

/** What a home's disk holds of sessions and prekeys. Other records are public, or made to be uploaded. */
async function noteSecrets({ name, local }: Person): Promise<void> {
  for (const prefix of ["session/", "discovery/prekeys"]) {
    const records = await local.scan(prefix, { limit: 10_000 });
    expect(records.length, prefix).toBeGreaterThan(0);
    for (const record of records) secrets.add(record.bytes, `${name}'s record ${record.name}`);
  }
}

/** A file, an object and a profile of Ada's, as far as Ben. */
async function shareAll(ada: Person, ben: Person, world: World): Promise<void> {
  const [name = "", mime = "", line = "", object = "", value = "", status = ""] = words;
  const content = utf8(line.repeat(Math.ceil(fileSize / line.length))).slice(0, fileSize);
  const { reference } = await ada.peer.files.share(bytesSource(content), { name, mime, to: ["ben"] });
  await ada.peer.objects.create(object, value);
  await ada.peer.objects.share(object, ["ben"]);
  await ada.peer.profile.set({ status });
  await ada.peer.profile.share(["ben"]);
  await world.until(async () => ben.files.length > 0 && (await ben.peer.profile.of("ada"))?.properties.status === status);
  const target = memoryTarget("chart");
  await ben.peer.files.download(reference, { to: target });
  expect(target.finished()).toEqual(content);
  expect(new TextDecoder().decode((await ben.peer.objects.get("ada", object)).value)).toBe(value);
}

/** At most 6.3 % more, so that only the size's first bits show (protocol.md 6). */
function padme(size: number): number {
  const exponent = Math.floor(Math.log2(size));
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  return Math.ceil(size / step) * step;
}

beforeAll(async () => {
  place = await serverPlace({ name: "AWS", fetch: wiretap(exchanges) });
  const world = new World(place, 301, { wrapRandom: (random) => recordedRandom(random, given) });
  const [ada, ben] = await world.friends("ada", "ben");
  people = [ada, ben];
  const [first = "", second = "", third = "", fourth = ""] = texts;
  ada.noteSent(ben, third);
  await ada.peer.broadcast("ben", third);
  await world.untilRead(ben, ada);
  await ada.send(ben, first);
  await noteSecrets(ada);
  await world.untilRead(ben, ada);
  await ben.send(ada, second.repeat(100));
  await noteSecrets(ben);
  await world.untilRead(ada, ben);
  await ada.send(ben, fourth.repeat(1_000));
  world.wait(8 * day);
  await world.untilRead(ben, ada);
  await shareAll(ada, ben, world);
  for (const person of people) await noteSecrets(person);
  for (const { bucket } of people) for (const [path, bytes] of await bucket.provider.objects()) stored.set(`${bucket.name}/${path}`, bytes);
}, 60_000);
afterAll(() => place.close());

const seen = (): readonly { readonly what: string; readonly bytes: Uint8Array }[] => [
  ...exchanges.map(({ method, url, headers }) => ({ what: `head of ${method} ${url}`, bytes: utf8(`${url} ${JSON.stringify(headers)}`) })),
  ...exchanges.map(({ method, url, body }) => ({ what: `body of ${method} ${url}`, bytes: body })),
  ...[...stored].map(([path, bytes]) => ({ what: `object ${path}`, bytes })),
];

const pathOf = (url: string): string => new URL(url).pathname.replace(/^\/[^/]+\/cweb\//, "");

describe("what the provider sees", () => {
  test("M11: no key in any URL, header, body or object", () => {
    // Seeds, private keys, message ids. Longer draws are noise for trying the store; the 24 bytes of a salt stand in front of each ciphertext.
    for (const bytes of given) if ([16, 32, 64].includes(bytes.length)) secrets.add(bytes, `a draw of ${bytes.length} bytes`);
    expect(secrets.size).toBeGreaterThan(10_000);
    const found = seen().flatMap(({ what, bytes }) => secrets.foundIn(bytes).map((secret) => `${secret} in ${what}`));
    expect(found).toEqual([]);
  });

  test("finds a key that is shown", () => {
    const key = given.find(({ length }) => length === 32) ?? new Uint8Array();
    const leaky = new Uint8Array(5_000);
    leaky.set(key, 1_234);
    expect(secrets.foundIn(leaky)).toEqual(["a draw of 32 bytes"]);
  });

  test("no text, no contact's name, no Cweb Id, no message id", async () => {
    const ids = people.map(({ peer }) => peer.id);
    const messages = people.flatMap(({ lines }) => lines.map(({ id }) => id));
    expect(messages.length).toBe(texts.length);
    const needles = [...texts, ...words, ...ids, ...messages].map((word) => utf8(word));
    const raw = [...ids.map((id) => decodeBase32(id.slice(0, 52))), ...messages.map((id) => Buffer.from(id.replaceAll("-", ""), "hex"))];
    for (const needle of [...needles, ...raw]) {
      const found = seen().filter(({ bytes }) => Buffer.from(bytes).includes(Buffer.from(needle ?? "?")));
      expect(
        found.map(({ what }) => what),
        new TextDecoder().decode(needle),
      ).toEqual([]);
    }
  });

  test("write keys are in no request's body and no object", () => {
    const secretsOfBuckets = exchanges.flatMap(({ headers }) => /Credential=([^/]+)/.exec(headers.authorization ?? "")?.[1] ?? []);
    expect(new Set(secretsOfBuckets).size).toBeGreaterThanOrEqual(4);
    // The id of the reading key stands in the signed descriptor, that of the writing key nowhere.
    const writers = new Set(
      exchanges.filter(({ method }) => method === "PUT").map(({ headers }) => /Credential=([^/]+)/.exec(headers.authorization ?? "")?.[1]),
    );
    const bodies = seen().filter(({ what }) => !what.startsWith("head"));
    for (const id of writers) expect(bodies.filter(({ bytes }) => Buffer.from(bytes).includes(id ?? "?"))).toEqual([]);
  });

  test("names of one shape, without a query", () => {
    for (const { url } of exchanges) {
      expect(pathOf(url)).toMatch(/^[a-z2-7]{32}$/);
      expect(new URL(url).search).toBe("");
    }
  });

  test("objects of the allowed sizes", () => {
    const descriptors = new Set<string>();
    const chunks: number[] = [];
    for (const [path, bytes] of stored) {
      if (bytes.length > 100_000) chunks.push(bytes.length);
      else if (!(sizeClasses as readonly number[]).includes(bytes.length)) descriptors.add(path);
    }
    // A file shows the size of its chunks, the last one padded, and nothing else.
    const chunk = 2 ** 20;
    const seal = 72;
    expect(chunks.sort((a, b) => a - b)).toEqual([padme(fileSize) - chunk + seal, chunk + seal]);
    // Of each bucket only the descriptor has a size of its own.
    expect(descriptors.size).toBe(2);
    const paths = new Set([...descriptors].map((path) => path.split("/")[1]));
    const odd = exchanges.filter(
      ({ method, url, body }) => method === "PUT" && !paths.has(pathOf(url)) && ![...sizeClasses, ...chunks].includes(body.length),
    );
    expect(odd.map(({ url, body }) => `${pathOf(url)}: ${body.length} bytes`)).toEqual([]);
  });

  test("the same headers for every kind of object", () => {
    const shapes = (method: string): ReadonlySet<string> =>
      new Set(
        exchanges
          .filter((one) => one.method === method)
          .map(({ headers }) =>
            Object.keys(headers)
              .sort()
              .filter((name) => !name.startsWith("if-"))
              .join(),
          ),
      );
    expect(shapes("GET").size).toBe(1);
    expect(shapes("PUT").size).toBe(1);
    expect(shapes("DELETE").size).toBe(1);
  });
});
