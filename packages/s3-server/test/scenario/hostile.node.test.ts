import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AccessKey } from "../../src/index.ts";
import { refusalOf } from "../../src/send.ts";
import { owner, type Started, signerOf, start, verdict } from "../support/started.ts";

/** Sends bytes as they are and answers with all that comes back until the connection ends. */
function raw({ server }: Started, text: string, patienceMs = 5000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write(text, "latin1"));
    let answer = "";
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    socket.on("data", (part) => {
      answer += part.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

const request = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

describe("hostile requests", () => {
  test("names that climb out of the bucket are refused in every spelling", async () => {
    const started = await start();
    for (const path of [
      "/alice/../x",
      "/alice/%2e%2e/x",
      "/alice/a/%2E./x",
      "/../etc/passwd",
      "/alice/..%2f..%2fkeys.json",
      "/alice/a%00b",
    ]) {
      expect([path, /^HTTP\/1.1 400.*<Code>InvalidURI/s.test(await raw(started, request(path)))]).toEqual([path, true]);
    }
    for (const bucket of ["A", "al", "-lice", "a..b", "x".repeat(64), "keys.json/..", "..%2f"]) {
      expect(await raw(started, request(`/${bucket}/a`))).toMatch(/^HTTP\/1.1 400.*<Code>Invalid(BucketName|URI)/s);
    }
  });

  test("wrong encodings and endless parameters are refused", async () => {
    const started = await start();
    for (const target of ["/alice/%zz", "/alice/%", "/alice/%ff%fe", "/alice?x=%zz", `/alice?${"a&".repeat(300)}`, "*", "http://x/alice"]) {
      expect(await raw(started, request(target))).toMatch(/^HTTP\/1.1 400.*<Code>InvalidURI/s);
    }
  });

  test("huge headers and garbage get an answer and a closed connection", async () => {
    const started = await start();
    expect(await raw(started, `GET /alice/a HTTP/1.1\r\nHost: x\r\nX-Big: ${"x".repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    const garbage = await raw(started, "\x16\x03\x01\x02\0\x01\0\x01\xfc\r\n\r\n");
    expect(garbage).toMatch(/^HTTP\/1.1 400 .*\r\nDate: /s);
    expect(await verdict(started.signed("/alice/none"))).toBe("404 NoSuchKey");
  });

  test("a client that says nothing is let go", async () => {
    const started = await start({ idleTimeout: 200 });
    const began = performance.now();
    await raw(started, "PUT /alice/a HTTP/1.1\r\nHost: x\r\nContent-Le", 5000);
    await raw(started, "GET /alice/a HTTP/1.1\r\nHo", 5000);
    expect(performance.now() - began).toBeLessThan(4000);
  });

  test("documents that are no XML, or too much of it, are refused", async () => {
    const { signed, failures } = await start();
    const post = (body: string): Promise<string> => verdict(signed("/alice?delete", { method: "POST", body }));
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>';
    const many = `<Delete>${"<Object><Key>a</Key></Object>".repeat(1001)}</Delete>`;
    const deep = `<Delete>${"<a>".repeat(5000)}${"</a>".repeat(5000)}</Delete>`;
    const proto = "<Delete><__proto__><Key>a</Key></__proto__><constructor>1</constructor></Delete>";
    for (const body of ["", "x", "<Delete>", "<Other/>", "<Delete/>", "<Delete></Delete><Delete></Delete>", bomb, many, deep, proto]) {
      expect([body.slice(0, 60), await post(body)]).toEqual([body.slice(0, 60), "400 MalformedXML"]);
    }
    expect(await post(`<Delete>${" ".repeat(2 * 1024 * 1024)}</Delete>`)).toBe("400 EntityTooLarge");
    expect(failures).toEqual([]);
  });

  test("conditions, versions and promises that cannot be kept are answered 501, never ignored", async () => {
    const { signed } = await start();
    await signed("/alice/a", { method: "PUT", body: "content" });
    const ask = (path: string, method: string, headers: Record<string, string>): Promise<string> =>
      verdict(signed(path, { method, headers }));
    const from = "/alice/a";
    expect(await ask("/alice/a", "DELETE", { "if-match": '"another"' })).toBe("501 NotImplemented");
    expect(await ask("/alice/a", "DELETE", { "x-amz-if-match-size": "1" })).toBe("501 NotImplemented");
    expect(await ask("/alice/b", "PUT", { "x-amz-copy-source": `${from}?versionId=1` })).toBe("501 NotImplemented");
    expect(await ask("/alice/b", "PUT", { "x-amz-copy-source": from, "x-amz-copy-source-if-match": '"another"' })).toBe(
      "501 NotImplemented",
    );
    expect(await ask("/alice/b", "PUT", { "x-amz-copy-source": from, "x-amz-server-side-encryption": "AES256" })).toBe(
      "501 NotImplemented",
    );
    for (const header of ["object-lock-mode", "tagging", "write-offset-bytes", "server-side-encryption"])
      expect([header, await ask("/alice/a", "PUT", { [`x-amz-${header}`]: "7" })]).toEqual([header, "501 NotImplemented"]);
    for (const more of ["<VersionId>1</VersionId>", "<ETag>another</ETag>", "<Size>1</Size>"]) {
      const body = `<Delete><Object><Key>a</Key>${more}</Object></Delete>`;
      const answer = await (await signed("/alice?delete", { method: "POST", body })).text();
      expect(answer).toContain("<Error><Key>a</Key><Code>NotImplemented</Code>");
    }
    expect(await verdict(signed("/alice/b"))).toBe("404 NoSuchKey");
    expect(await (await signed("/alice/a")).text()).toBe("content");
  });

  test("what the server does not know is answered 501 or 405, not taken for something else", async () => {
    const { signed } = await start();
    await signed("/alice/a", { method: "PUT", body: "content" });
    for (const path of [
      "/alice/a?acl",
      "/alice/a?tagging",
      "/alice/a?retention",
      "/alice?policy",
      "/alice?lifecycle",
      "/alice?versioning",
      "/alice?abac",
      "/alice?metadataConfiguration",
    ]) {
      for (const method of ["GET", "PUT", "DELETE"]) {
        expect([path, method, await verdict(signed(path, { method }))]).toEqual([path, method, "501 NotImplemented"]);
      }
    }
    expect(await verdict(signed("/alice/a", { method: "PATCH", body: "" }))).toBe("405 MethodNotAllowed");
    expect(await (await signed("/alice/a")).text()).toBe("content");
  });

  test("errors tell a code and a request id, and nothing of the inside", async () => {
    const { signed, dataDir } = await start();
    const response = await signed("/alice/<none>&");
    const text = await response.text();
    expect(text).toContain(`<RequestId>${response.headers.get("x-amz-request-id")}</RequestId>`);
    expect(text).toContain("<Resource>/alice/&lt;none&gt;&amp;</Resource>");
    expect(text).not.toContain(dataDir);
    expect(text).not.toMatch(/\.ts|\.js|node_modules/);
  });

  test("a failure of the disk is an internal error to the client and is told to the owner", async () => {
    const { signed, dataDir, failures } = await start();
    const { rm, writeFile } = await import("node:fs/promises");
    await rm(join(dataDir, "tmp"), { recursive: true });
    await writeFile(join(dataDir, "tmp"), "in the way");
    const response = await signed("/alice/a", { method: "PUT", body: "1" });
    const text = await response.text();
    expect([response.status, /<Code>InternalError/.test(text), text.includes(dataDir)]).toEqual([500, true, false]);
    expect(failures).toHaveLength(1);
  });

  test("a client that asks first is told to go on only when it is let in", async () => {
    const started = await start();
    const send = async (as: AccessKey): Promise<string> => {
      const { url, headers } = await signerOf(as).sign(`${started.server.url}/alice/a`, { method: "PUT", body: "x" });
      const lines = [...headers].map(([name, value]) => `${name}: ${value}`).join("\r\n");
      const { host, pathname } = new URL(url);
      return raw(
        started,
        `PUT ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n`,
        300,
      );
    };
    expect(await send(owner)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\n$/);
    expect(await send({ ...owner, secretAccessKey: "wrong" })).toMatch(/^HTTP\/1.1 403 /);
  });

  test("a full disk is told to the client, and a log that fails breaks no request", async () => {
    expect(refusalOf(Object.assign(new Error("inside"), { code: "ENOSPC" }))).toMatchObject({
      status: 500,
      message: "The server's disk is full.",
    });
    const log = (): void => {
      throw new Error("disk full");
    };
    const { signed, failures } = await start({ log });
    failures.length = 0;
    expect(await verdict(signed("/alice/a", { method: "PUT", body: "1" }))).toBe("200");
    expect(failures).toMatchObject([{ message: "disk full" }]);
  });

  test("broken off uploads leave nothing behind", async () => {
    const started = await start();
    const { url, headers } = await signerOf(owner).sign(`${started.server.url}/alice/a`, { method: "PUT", body: "x" });
    const lines = [...headers].map(([name, value]) => `${name}: ${value}`).join("\r\n");
    const head = `PUT ${new URL(url).pathname} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${lines}\r\nContent-Length: 100000\r\n\r\n`;
    await raw(started, head + "x".repeat(5000), 200);
    await expect.poll(() => readdir(join(started.dataDir, "tmp"))).toEqual([]);
    expect(await verdict(started.signed("/alice/a"))).toBe("404 NoSuchKey");
  });
});
