import { AwsV4Signer } from "aws4fetch";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSigner } from "../../src/s3-sign.ts";

// "Examples: Signature Calculations" of the Amazon S3 API reference, Authenticating Requests (AWS Signature Version 4).
const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const at = new Date("2013-05-24T00:00:00Z");
const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const base = "https://examplebucket.s3.amazonaws.com";

describe("Signature Version 4", () => {
  test.each([
    ["a list", "GET", `${base}/?max-keys=2&prefix=J`, empty, {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
    ["a sub-resource", "GET", `${base}/?lifecycle`, empty, {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    [
      "a write with headers",
      "PUT",
      `${base}/test%24file.text`,
      "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      { Date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ],
  ])("agrees with the example of AWS: %s", async (_name, method, url, hash, headers, signature) => {
    const signed = await createSigner(credentials, "us-east-1")({ method, url, headers: { ...headers, "x-amz-content-sha256": hash } }, at);
    expect(signed["x-amz-date"]).toBe("20130524T000000Z");
    expect(signed.authorization).toContain("Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ");
    expect(signed.authorization?.split("Signature=")[1]).toBe(signature);
  });

  test("agrees with another implementation on any object, query, header, region and day", async () => {
    const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/);
    const value = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => text.isWellFormed());
    const header = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    const requests = fc.record({
      method: fc.constantFrom("GET", "PUT", "DELETE"),
      region: word,
      path: fc.array(
        word.filter((text) => !/^\.+$/.test(text)),
        { minLength: 1, maxLength: 4 },
      ),
      query: fc.dictionary(word, value, { maxKeys: 4 }),
      grant: header,
      version: header,
      at: fc.date({ min: new Date("2001-01-01"), max: new Date("2099-01-01"), noInvalidDate: true }),
    });
    const property = fc.asyncProperty(fc.array(requests, { minLength: 1, maxLength: 3 }), async (several) => {
      // One signer for all of them, as in a program that runs over midnight.
      const sign = createSigner(credentials, several[0]?.region ?? "");
      for (const { method, path, query, grant, version, at: moment } of several) {
        const search = new URLSearchParams(query).toString();
        const url = `https://s3.example.org:9000/bucket/${path.join("/")}${search === "" ? "" : `?${search}`}`;
        const headers = { "x-amz-content-sha256": empty, "X-Amz-Grant-Read": grant, "if-match": version, range: "bytes=0-1" };
        const datetime = moment.toISOString().replace(/[:-]|\.\d{3}/g, "");
        const other = new AwsV4Signer({ method, url, headers, ...credentials, service: "s3", region: several[0]?.region ?? "", datetime });
        const signed = await sign({ method, url, headers }, moment);
        expect(signed.authorization).toBe((await other.sign()).headers.get("authorization"));
      }
    });
    await fc.assert(property, { seed: 20_261_121, numRuns: 60 });
  });
});
