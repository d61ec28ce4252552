import { describe, expect, test } from "vitest";
import { concat, utf8 } from "../../src/bytes.ts";
import type { HpkeReceiver, HpkeSender } from "../../src/cipher-suite.ts";
import { CryptoError } from "../../src/crypto-error.ts";
import { seededRandom } from "../../src/testing.ts";
import { eachSuite } from "../providers.ts";

const info = utf8("info");
const none = new Uint8Array();

describe.each(eachSuite)("HPKE over X-Wing, provider %s", { timeout: 60_000 }, (_name, suite) => {
  const { privateKey, publicKey } = suite.hpke.generate(seededRandom(1));
  const sender = (seed: number): HpkeSender => suite.hpke.setupSender(publicKey, info, seededRandom(seed)) as HpkeSender;
  const receiver = (enc: Uint8Array, text = info): HpkeReceiver => suite.hpke.setupReceiver(privateKey, enc, text) as HpkeReceiver;

  test("sizes: seed 32, public key 1,216, enc 1,120, 16 more for the ciphertext", () => {
    const from = sender(2);
    expect([privateKey.length, publicKey.length, from.enc.length, from.seal(none, none).length]).toEqual([32, 1216, 1120, 16]);
    expect(suite.hpke.publicKey(privateKey)).toEqual(publicKey);
  });

  test("the receiver opens and exports what the sender did", () => {
    const from = sender(3);
    const to = receiver(from.enc);
    expect(to.open(utf8("ad"), from.seal(utf8("ad"), utf8("text")))).toEqual(utf8("text"));
    expect(to.export(utf8("a"), 40)).toEqual(from.export(utf8("a"), 40));
    expect(to.export(utf8("a"), 32)).not.toEqual(from.export(utf8("b"), 32));
  });

  test("a sender context seals one message", () => {
    const from = sender(4);
    from.seal(none, none);
    expect(() => from.seal(none, none)).toThrow(expect.objectContaining({ code: "key-used" }));
  });

  test("M7 another private key, info, associated data or byte of enc does not open", () => {
    const from = sender(5);
    const sealed = from.seal(none, utf8("text"));
    const other = suite.hpke.generate(seededRandom(6)).privateKey;
    expect(suite.hpke.setupReceiver(other, from.enc, info)?.open(none, sealed)).toBeUndefined();
    expect(receiver(from.enc, utf8("Info")).open(none, sealed)).toBeUndefined();
    expect(receiver(from.enc).open(utf8("ad"), sealed)).toBeUndefined();
    for (const i of [0, 500, 1087, 1088, 1119]) {
      expect(receiver(from.enc.with(i, (from.enc[i] as number) ^ 1)).open(none, sealed)).toBeUndefined();
    }
    expect(receiver(from.enc).open(none, sealed)).toEqual(utf8("text"));
  });

  test("malformed public keys and encapsulations are refused", () => {
    expect(suite.hpke.setupSender(publicKey.subarray(1), info, seededRandom(7))).toBeUndefined();
    expect(suite.hpke.setupSender(publicKey.with(0, 0xff).with(1, 0xff), info, seededRandom(7))).toBeUndefined();
    const smallOrder = concat(publicKey.subarray(0, 1184), new Uint8Array(32));
    expect(suite.hpke.setupSender(smallOrder, info, seededRandom(7))).toBeUndefined();
    const { enc } = sender(8);
    expect(suite.hpke.setupReceiver(privateKey, enc.subarray(1), info)).toBeUndefined();
    expect(suite.hpke.setupReceiver(privateKey, concat(enc.subarray(0, 1088), new Uint8Array(32)), info)).toBeUndefined();
  });

  test("an own seed of another length is the caller's mistake", () => {
    expect(() => suite.hpke.publicKey(privateKey.subarray(1))).toThrow(CryptoError);
    expect(() => suite.hpke.setupReceiver(privateKey.subarray(1), sender(9).enc, info)).toThrow(CryptoError);
  });
});
