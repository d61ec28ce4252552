import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { discard } from "../../src/fetch.ts";
import { httpReader } from "../../src/http.ts";
import { type RemoteReader, toPath } from "../../src/index.ts";
import { platformFetch } from "../../src/platform/node.ts";

const path = toPath("a");
const request = {
  headers: {},
  redirect: "manual",
  cache: "no-store",
  credentials: "omit",
  referrerPolicy: "no-referrer",
} as const;

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const readerOf = (url: string): RemoteReader => httpReader(url, { fetch: platformFetch });

describe("requests over node:http", () => {
  test("send method, headers and body, and answer status, headers and body", async () => {
    const url = await serve(async (incoming, response) => {
      const parts: Uint8Array[] = [];
      for await (const part of incoming) parts.push(part as Uint8Array);
      const { host, "content-length": length, "x-own": own } = incoming.headers;
      response.setHeader("x-answer", ["one", "two"]);
      response.writeHead(201).end(JSON.stringify([incoming.method, host, length, own, Buffer.concat(parts).toString()]));
    });
    const body = new TextEncoder().encode("some bytes");
    const answer = await platformFetch(`${url}/a`, { ...request, method: "PUT", headers: { "x-own": "1" }, body });
    expect([answer.status, answer.headers.get("x-answer"), answer.headers.get("x-none")]).toEqual([201, "one, two", null]);
    const parts: Uint8Array[] = [];
    for await (const part of answer.body as AsyncIterable<Uint8Array>) parts.push(part.slice());
    expect(JSON.parse(Buffer.concat(parts).toString())).toEqual(["PUT", url.slice("http://".length), "10", "1", "some bytes"]);
  });

  test("a redirect is answered, not followed, and nothing compressed is asked for", async () => {
    const seen: unknown[] = [];
    const url = await serve((incoming, response) => {
      seen.push([incoming.url, incoming.headers["accept-encoding"]]);
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    await expect(readerOf(url).read(path, { maxBytes: 9 })).rejects.toMatchObject({ code: "refused" });
    expect(seen).toEqual([["/a", undefined]]);
  });

  test("short bodies that nobody reads keep their connection, long ones give it up", async () => {
    let length = 100;
    let connections = 0;
    const url = await serve((_, response) => response.writeHead(200).end(Buffer.alloc(length)));
    servers[0]?.on("connection", () => connections++);
    const get = async (): Promise<void> => discard(await platformFetch(`${url}/a`, { ...request, method: "GET" }));
    for (let n = 0; n < 5; n++) await get();
    expect(connections).toBe(1);
    length = 50_000_000;
    await get();
    await get();
    expect(connections).toBe(2);
  });

  test("ranges read one after the other share a connection", async () => {
    let connections = 0;
    const url = await serve((incoming, response) => {
      expect(incoming.headers.range).toBe("bytes=10-99");
      response.writeHead(206, { etag: '"e"', "content-length": 90 }).end(Buffer.alloc(90, 1));
    });
    servers[0]?.on("connection", () => connections++);
    for (let n = 0; n < 5; n++) {
      const result = await readerOf(url).read(path, { maxBytes: 90, range: { offset: 10, length: 90 } });
      expect(result).toMatchObject({ kind: "found", bytes: new Uint8Array(90).fill(1) });
    }
    expect(connections).toBe(1);
  });

  test("an abort before the answer, or in the middle of its body, rejects with the signal's reason", async () => {
    for (const begins of [false, true]) {
      const arrived = Promise.withResolvers<void>();
      const url = await serve((_, response) => {
        if (begins) response.writeHead(200, { "content-length": 1000 }).write("begun");
        arrived.resolve();
      });
      const stop = new AbortController();
      const reading = readerOf(url).read(path, { maxBytes: 1000, signal: stop.signal });
      const ended = expect(reading).rejects.toThrow("enough");
      await arrived.promise;
      stop.abort(new Error("enough"));
      await ended;
    }
  });

  test("a body that is cut is a broken connection, never a short answer", async () => {
    for (const headers of [{ "content-length": 1000 }, {}]) {
      const url = await serve((_, response) => {
        response.writeHead(200, headers).write("half");
        setImmediate(() => response.destroy());
      });
      await expect(readerOf(url).read(path, { maxBytes: 1000 })).rejects.toMatchObject({ code: "unreachable", retryable: true });
    }
  });

  test("a success before all of the body was taken is not reported as one", async () => {
    const answered = Promise.withResolvers<Socket>();
    const hasty = createTcpServer((socket) => {
      socket.once("data", () => {
        socket.pause();
        socket.write('HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 0\r\n\r\n', () => answered.resolve(socket));
      });
    });
    await new Promise<void>((resolve) => hasty.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(hasty.address() as AddressInfo).port}`;
    let isReported = false;
    const put = platformFetch(`${url}/a`, { ...request, method: "PUT", body: new Uint8Array(50_000_000) }).then((answer) => {
      isReported = true;
      return discard(answer);
    });
    const socket = await answered.promise;
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isReported).toBe(false);
    socket.resume();
    await put;
    expect(isReported).toBe(true);
    socket.destroy();
    await new Promise((resolve) => hasty.close(resolve));
  });

  test("a success whose connection closes before all of the body was taken is a broken connection", async () => {
    const url = await serve((incoming, response) => {
      response.writeHead(200, { etag: '"e"' }).end();
      response.on("finish", () => incoming.socket.destroy());
    });
    const body = new Uint8Array(50_000_000);
    await expect(platformFetch(`${url}/a`, { ...request, method: "PUT", body })).rejects.toThrow();
  });

  test("a server that answers early and breaks off a long body ends nothing but the request", async () => {
    const url = await serve((incoming, response) => {
      response.writeHead(403, { connection: "close" }).end("no");
      response.on("finish", () => incoming.socket.destroy());
    });
    const body = new Uint8Array(20_000_000);
    const outcomes = Array.from({ length: 4 }, () =>
      platformFetch(`${url}/a`, { ...request, method: "PUT", body }).then(
        (answer) => discard(answer).then(() => answer.status),
        (error: unknown) => error,
      ),
    );
    for (const outcome of await Promise.all(outcomes)) expect(outcome === 403 || outcome instanceof Error).toBe(true);
  });
});
