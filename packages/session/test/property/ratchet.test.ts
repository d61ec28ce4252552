import { cipherSuite as crypto, utf8 } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ratchetSecrets } from "../../src/core/ratchet-secrets.ts";
import { decrypt, encrypt, expectedName, namesAhead, ownNextName, type RatchetState, ratchetCodec } from "../../src/core.ts";
import { establish, throughCodec } from "../support/pair.ts";
import { isBrowser, runs } from "../support/runs.ts";

/** One store: what a peer has published. */
type Store = Map<string, Uint8Array>;

interface Side {
  state: RatchetState;
  readonly published: Store;
  /** Names that the other is not shown. */
  readonly hidden: Set<string>;
  readonly sent: string[];
  readonly got: string[];
}

const same = (a: RatchetState, b: RatchetState): boolean => hex(ratchetCodec.encode(a)) === hex(ratchetCodec.encode(b));
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Two ratchets and their stores, and what must hold whatever is done with them. */
class Talk {
  readonly sides: readonly [Side, Side];
  readonly #random;
  readonly #names = new Set<string>();
  readonly #salts = new Set<string>();

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const { initiator, responder } = establish(this.#random);
    const side = (state: RatchetState): Side => ({ state, published: new Map(), hidden: new Set(), sent: [], got: [] });
    this.sides = [side(initiator), side(responder)];
  }

  /** `keeps`: a crash before the new state is stored leaves nothing behind. */
  send(i: 0 | 1, keeps: boolean): void {
    const me = this.sides[i];
    const text = `${i}:${me.sent.length}`;
    const sent = encrypt(me.state, utf8(text), { crypto, random: this.#random });
    if (!keeps) return;
    const name = sent.name as string;
    // M13: one name, one ciphertext; each half has a salt of its own.
    expect(this.#names.has(name)).toBe(false);
    this.#names.add(name);
    for (const salt of [sent.object.subarray(0, 24), sent.object.subarray(2384, 2408)]) {
      expect(this.#salts.has(hex(salt))).toBe(false);
      this.#salts.add(hex(salt));
    }
    me.state = throughCodec(sent.state);
    me.published.set(name, sent.object);
    me.sent.push(text);
  }

  /** Reads the expected name, and with `looks` every other name under which something may stand. Answers whether something came. */
  poll(i: 0 | 1, looks: boolean, keeps = true): boolean {
    const me = this.sides[i];
    const other = this.sides[1 - i] as Side;
    const expected = expectedName(crypto, me.state);
    const names = looks ? [expected, ...namesAhead(crypto, me.state, 32, 4), ...me.state.skipped.keys()] : [expected];
    for (const name of names) {
      const object = other.published.get(name);
      if (!object || other.hidden.has(name)) continue;
      const opened = decrypt(me.state, name, object, { crypto });
      expect(opened, `what stands under an awaited name opens: ${name}`).toBeDefined();
      if (!opened || !keeps) return false;
      me.state = throughCodec(opened.state);
      me.got.push(new TextDecoder().decode(opened.body));
      // A message opens once.
      expect(decrypt(me.state, name, object, { crypto })).toBeUndefined();
      return true;
    }
    return false;
  }

  /** What a store can do with an object opens nothing and changes nothing (M5, M6). */
  attack(i: 0 | 1, at: number, bit: number): void {
    const me = this.sides[i];
    const other = this.sides[1 - i] as Side;
    const before = ratchetCodec.encode(me.state);
    const expected = expectedName(crypto, me.state);
    const refuse = (name: string, object: Uint8Array): void => {
      expect(decrypt(me.state, name, object, { crypto })).toBeUndefined();
    };
    const awaited = other.published.get(expected);
    if (awaited) {
      const changed = awaited.slice();
      changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ (1 << bit);
      refuse(expected, changed);
      refuse(expected, awaited.subarray(0, at % awaited.length));
    }
    for (const own of me.published.values()) refuse(expected, own);
    expect(ratchetCodec.encode(me.state)).toEqual(before);
  }

  finish(): void {
    for (const side of this.sides) side.hidden.clear();
    for (let isMoving = true; isMoving; ) {
      isMoving = false;
      for (const i of [0, 1] as const) while (this.poll(i, true)) isMoving = true;
    }
    for (const i of [0, 1] as const) {
      const { got, state } = this.sides[i];
      const { sent, state: theirs } = this.sides[1 - i] as Side;
      expect([...got].sort()).toEqual([...sent].sort());
      expect(state.skipped.size).toBe(0);
      expect(expectedName(crypto, state)).toBe(ownNextName(crypto, theirs));
    }
  }
}

type Step =
  | { readonly do: "send"; readonly i: 0 | 1; readonly keeps: boolean; readonly hides: boolean }
  | { readonly do: "poll"; readonly i: 0 | 1; readonly looks: boolean; readonly keeps: boolean }
  | { readonly do: "attack"; readonly i: 0 | 1; readonly at: number; readonly bit: number };

const who = fc.constantFrom(0 as const, 1 as const);
const often = fc.integer({ min: 0, max: 9 }).map((n) => n > 0);
function steps(hidden: number): fc.Arbitrary<Step[]> {
  const hides = fc.integer({ min: 0, max: 99 }).map((n) => n < hidden);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("send" as const), i: who, keeps: often, hides }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("poll" as const), i: who, looks: fc.boolean(), keeps: often }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("attack" as const), i: who, at: fc.nat(70_000), bit: fc.nat(7) }),
    },
  );
  return fc.array(step, { minLength: 10, maxLength: 60 });
}

function play(seed: number, schedule: readonly Step[]): Talk {
  const talk = new Talk(seed);
  for (const step of schedule) {
    if (step.do === "send") {
      talk.send(step.i, step.keeps);
      if (step.hides) talk.sides[step.i].hidden.add([...talk.sides[step.i].published.keys()].at(-1) ?? "");
    } else if (step.do === "poll") while (talk.poll(step.i, step.looks, step.keeps) && step.looks);
    else talk.attack(step.i, step.at, step.bit);
  }
  return talk;
}

describe("the ratchet under random schedules", () => {
  test("M13: no loss, no duplicate, order kept, no name and no salt used twice", () => {
    fc.assert(
      fc.property(fc.nat(), steps(0), (seed, schedule) => {
        const talk = play(seed, schedule);
        talk.finish();
        for (const i of [0, 1] as const) expect(talk.sides[i].got).toEqual((talk.sides[1 - i] as Side).sent);
      }),
      runs(60, 1),
    );
  });

  test("withheld objects are passed over and come late, each once", () => {
    fc.assert(
      fc.property(fc.nat(), steps(25), (seed, schedule) => {
        play(seed, schedule).finish();
      }),
      runs(60, 2),
    );
  });

  test("M6: every change of a byte is refused and changes nothing", () => {
    const random = seededRandom(3);
    const tools = { crypto, random };
    const { initiator, responder } = establish(random);
    const reply = encrypt(responder, utf8("in the next chain"), tools);
    const one = encrypt(initiator, utf8("one"), tools);
    const two = encrypt(one.state, utf8("two"), tools);
    const gap = decrypt(responder, two.name as string, two.object, tools);
    const cases = [
      { state: initiator, sent: reply },
      { state: responder, sent: one },
      { state: gap?.state as RatchetState, sent: one },
    ];
    for (const { state, sent } of cases) {
      const before = ratchetCodec.encode(state);
      for (let at = 0; at < sent.object.length; at += isBrowser ? 7 : 1) {
        const changed = sent.object.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        expect(decrypt(state, sent.name as string, changed, tools)).toBeUndefined();
      }
      expect(ratchetCodec.encode(state)).toEqual(before);
      expect(decrypt(state, sent.name as string, sent.object, tools)?.body).toBeDefined();
    }
  });

  test("M7: with any key of the state replaced nothing opens", () => {
    const random = seededRandom(4);
    const tools = { crypto, random };
    const { initiator, responder } = establish(random);
    const one = encrypt(initiator, utf8("one"), tools);
    const reply = encrypt(responder, utf8("reply"), tools);
    const isInUse = (state: RatchetState, sent: typeof one, i: number): boolean => {
      const replaced = throughCodec(state);
      const secret = ratchetSecrets(replaced)[i] as Uint8Array;
      secret.set(random.bytes(secret.length));
      const opened = decrypt(replaced, sent.name as string, sent.object, tools);
      if (opened) expect(opened.body).toEqual(decrypt(state, sent.name as string, sent.object, tools)?.body);
      return opened === undefined;
    };
    const used = (state: RatchetState, sent: typeof one): number => ratchetSecrets(state).filter((_, i) => isInUse(state, sent, i)).length;
    // In the chain: its header key and its chain key. In the next one: root, header, X25519 and KEM key.
    expect(used(responder, one)).toBe(2);
    expect(used(initiator, reply)).toBe(4);
  });

  test("states go through their codec unchanged", () => {
    fc.assert(
      fc.property(fc.nat(), steps(10), (seed, schedule) => {
        for (const { state } of play(seed, schedule).sides) expect(same(throughCodec(state), state)).toBe(true);
      }),
      runs(10, 5),
    );
  });
});
