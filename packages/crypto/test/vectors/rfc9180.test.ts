import { describe, expect, test } from "vitest";
import type { HpkeReceiver, HpkeSender } from "../../src/cipher-suite.ts";
import { createHpke, keySchedule } from "../../src/hpke.ts";
import { secret } from "../../src/secret.ts";
import { hex, unhex } from "../../vectors/hex.ts";
import rfc9180 from "../../vectors/public/rfc9180.json" with { type: "json" };
import { scriptedRandom } from "../../vectors/scripted-random.ts";
import { createDhkem } from "../dhkem.ts";
import { eachProvider } from "../providers.ts";

const vector = rfc9180.vector;

describe.each(eachProvider)("RFC 9180 A.2.1 through our HPKE, provider %s", { timeout: 60_000 }, (_name, provider) => {
  const kem = createDhkem(provider);
  const hpke = createHpke(provider, kem);

  test("HPKE key schedule equals RFC 9180", () => {
    const { key, baseNonce, exporterSecret } = keySchedule(provider, kem.id, secret(unhex(vector.sharedSecret)), unhex(vector.info));
    expect(hex(key)).toBe(vector.key);
    expect(hex(baseNonce)).toBe(vector.baseNonce);
    expect(hex(exporterSecret)).toBe(vector.exporterSecret);
  });

  test("HPKE sender equals RFC 9180", () => {
    const random = scriptedRandom(unhex(vector.ephemeralPrivate));
    const sender = hpke.setupSender(unhex(vector.recipientPublic), unhex(vector.info), random) as HpkeSender;
    expect(hex(sender.enc)).toBe(vector.enc);
    expect(hex(sender.seal(unhex(vector.associatedData), unhex(vector.plaintext)))).toBe(vector.ciphertext);
    for (const { context, value } of vector.exports) expect(hex(sender.export(unhex(context), 32))).toBe(value);
  });

  test("HPKE receiver equals RFC 9180", () => {
    const receiver = hpke.setupReceiver(unhex(vector.recipientPrivate), unhex(vector.enc), unhex(vector.info)) as HpkeReceiver;
    expect(hex(receiver.open(unhex(vector.associatedData), unhex(vector.ciphertext)) as Uint8Array)).toBe(vector.plaintext);
    for (const { context, value } of vector.exports) expect(hex(receiver.export(unhex(context), 32))).toBe(value);
  });
});
